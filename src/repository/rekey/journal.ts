import { createHash } from "node:crypto";
import { crc32c } from "../../checksum/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import type { Recipients } from "../crypt/index.js";
import { Fields } from "../link/fields.js";
import { FORMAT, MOST_DOCUMENT } from "../link/link.js";
import { hashOf, storedHashIn } from "../names.js";
import { type ObjectStore, upTo } from "../store/store.js";

type Made = Map<string, { name: string; size: number; crc32c: number }[]>;

/**
 * Which objects a run has encrypted to these recipients already. Nothing is believed of it but names whose objects are
 * there and have the hash that is in them.
 */
export async function readJournal(store: ObjectStore, recipients: Recipients): Promise<Made> {
  const made: Made = new Map();
  const name = journalName(recipients);
  const bytes = await store.get(name, upTo(MOST_DOCUMENT));
  if (!bytes) return made;
  try {
    for (const each of Fields.ofDocument(name, bytes, "rekey", FORMAT).list("objects")) {
      const parts = [];
      for (const part of each.texts("new")) {
        const object = storedHashIn(part) === null ? undefined : await store.get(part);
        if (object && hashOf(object) === storedHashIn(part))
          parts.push({ name: part, size: object.length, crc32c: crc32c(object) });
        else parts.length = 0;
      }
      if (parts.length === each.texts("new").length) made.set(each.text("old"), parts);
    }
  } catch (error) {
    // Then all of it is done again.
    if (!(error instanceof ZkRewindError) || error.exitCode === 3) throw error;
  }
  return made;
}

export async function writeJournal(store: ObjectStore, recipients: Recipients, made: Made): Promise<void> {
  const objects = [...made].map(([old, parts]) => ({ old, new: parts.map(({ name }) => name) }));
  const bytes = Buffer.from(`${JSON.stringify({ type: "rekey", format: FORMAT, objects })}\n`);
  await store.put(journalName(recipients), bytes, { crc32c: crc32c(bytes), replace: true });
}

function journalName(recipients: Recipients): string {
  const hash = createHash("sha256").update([...recipients].sort((a, b) => (a < b ? -1 : 1)).join("\n"));
  return `rekey/${hash.digest("hex").slice(0, 32)}.json`;
}
