import { createHash } from "node:crypto";
import { ZkRewindError } from "../../findings/finding.js";
import { say, type Message } from "../../text/message.js";
import { openLink } from "../link/catalogue.js";
import { hashOf, parseLinkName, storedHashIn } from "../names.js";
import type { PublicKey } from "../sign/index.js";

/** What an object's bytes are worth: "unknown" where nothing that is trusted says what they must be. */
export type Verdict = "sound" | "damaged" | "unknown";

/**
 * Tells right bytes from wrong ones: an object's by the hash in its name; a link's by its signature, by the hash that the
 * link after it has of it, and by holding together in itself. Never by its name alone, nor by how many have it.
 */
export class Judge {
  /** What links say of the ones before them: the SHA-256, and whether a trusted signature stands behind it. */
  private readonly said = new Map<string, Map<string, boolean>>();
  private readonly pinned: ReadonlySet<PublicKey>;
  /** Why a link was refused, by name. */
  readonly refused = new Map<string, Message>();

  constructor(pinned: ReadonlySet<PublicKey>) {
    this.pinned = pinned;
  }

  /** Learns what a link says of the one before it. Links that do not open say nothing. */
  learn(name: string, bytes: Uint8Array): void {
    const link = this.open(name, bytes);
    if (!link?.previous) return;
    const said = this.said.get(link.previous.name) ?? new Map<string, boolean>();
    said.set(link.previous.sha256, this.pinned.size > 0 || said.get(link.previous.sha256) === true);
    this.said.set(link.previous.name, said);
  }

  of(name: string, bytes: Uint8Array): Verdict {
    const hash = storedHashIn(name);
    if (hash !== null) return hashOf(bytes) === hash ? "sound" : "damaged";
    if (!parseLinkName(name)) return isDocument(bytes) ? "unknown" : "damaged";
    if (!this.open(name, bytes)) return "damaged";
    // Signed by a key that is trusted.
    if (this.pinned.size > 0) return "sound";
    const said = this.said.get(name);
    if (said === undefined) return "unknown";
    return said.has(createHash("sha256").update(bytes).digest("hex")) ? "sound" : "damaged";
  }

  private open(name: string, bytes: Uint8Array) {
    try {
      return openLink(name, bytes, this.pinned).link;
    } catch (error) {
      if (!(error instanceof ZkRewindError)) throw error;
      // A newer format is not damage, and nothing that this program can judge.
      if (error.exitCode === 3) throw error;
      this.refused.set(name, say`${error.said.message}`);
      return undefined;
    }
  }
}

function isDocument(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8").split("\n")[0] ?? "");
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}
