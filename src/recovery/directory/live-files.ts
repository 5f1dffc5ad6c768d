import { type Finding, finding } from "../../findings/finding.js";
import { mayBeUnfinished } from "../../findings/kinds.js";
import type { StoredFile } from "./data-directory.js";
import { say } from "../../text/message.js";

/**
 * What became of a file since it was found: a server may be running on it. `grown`: a log that is no shorter, as one
 * is when transactions are added, in its padding too.
 */
export type FileChange = "none" | "grown" | "changed";

export function changeOf({ kind, bytes }: StoredFile): FileChange {
  const change = bytes.change();
  if (change === "none") return "none";
  return kind === "log" && change === "longer" ? "grown" : "changed";
}

/**
 * The findings in files that a server may have been writing while they were read, told for what they are: the end of a
 * log that has grown since is not torn, and that a file changed explains what else was found in it.
 */
export function ofLiveFiles(files: readonly StoredFile[], findings: readonly Finding[]): Finding[] {
  const changes = new Map<string, FileChange>();
  for (const file of files) {
    const change = changeOf(file);
    if (change !== "none") changes.set(file.path, change);
  }
  if (changes.size === 0) return [...findings];
  const kept = findings.flatMap((each) => ofLiveFile(each, changes.get(each.file ?? "") ?? "none"));
  const found = new Set(kept.map(({ file }) => file));
  const changed = [...changes].filter(([path, change]) => change === "changed" || found.has(path));
  return [
    ...changed.map(([path]) => finding("file.changed", say`the file changed while it was read`, { file: path })),
    ...kept,
  ];
}

function ofLiveFile(each: Finding, change: FileChange): Finding[] {
  if (change === "none" || !mayBeUnfinished(each)) return [each];
  return change === "grown" ? [] : [{ ...each, severity: "note" }];
}
