import type { StoredFile } from "../../../recovery/index.js";
import { IGNORED } from "../../../storage/large-value.js";
import { SnapshotReader } from "../../../storage/snapshot-reader.js";
import { joined, say, tag } from "../../../text/message.js";
import type { Sight } from "../seen.js";
import type { LookContext } from "./look.js";

const MOST_PATHS = 3;

/** Znodes in snapshots with the ACL id that the line names, where the snapshot's map lacks it. */
export async function dangling({ directory, verification, explanation }: LookContext): Promise<Sight[]> {
  const { acl } = explanation.facts;
  if (acl === undefined) return [];
  const found: Sight[] = [];
  for (const file of directory.snapshots) {
    const seen = await znodesWith(file, BigInt(acl));
    // Over a fuzzy snapshot the log may bring the ACLs: verify's replay shows whether it does.
    const left = verification.findings.some(
      ({ code, file: where, severity }) => code === "acl.dangling" && where === file.path && severity !== "note",
    );
    if (seen) found.push({ ...seen, severity: left ? "warning" : "note" });
  }
  return found;
}

async function znodesWith(file: StoredFile, id: bigint): Promise<Sight | null> {
  const reader = new SnapshotReader(file.open());
  reader.passLarge(IGNORED);
  const paths: string[] = [];
  let count = 0;
  let offset = 0;
  try {
    if (!(await reader.readHead()) || reader.acls.has(id)) return null;
    while (await reader.fill()) {
      while (reader.next()) {
        const { bytes, view } = reader.window.block;
        if (view.getBigInt64(reader.aclAt) !== id) continue;
        if (count++ === 0) offset = reader.recordOffset;
        if (paths.length < MOST_PATHS)
          paths.push(bytes.toString("utf8", reader.pathStart, reader.pathStart + reader.pathLength) || "/");
      }
    }
  } finally {
    reader.close();
  }
  const [path] = paths;
  if (path === undefined) return null;
  const named = joined(paths.map(tag.path), ", ");
  const others = count > paths.length ? say`, and ${count - paths.length} more` : say``;
  const message = say`ACL ${id}, which the snapshot's map lacks, is the ACL of ${named}${others}`;
  return { severity: "warning", file: file.path, offset, path, message };
}
