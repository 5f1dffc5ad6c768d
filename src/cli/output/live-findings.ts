import type { Finding } from "../../findings/finding.js";
import { mayBeUnfinished } from "../../findings/kinds.js";
import { ofLiveFiles } from "../../recovery/directory/live-files.js";
import { context } from "../context/context.js";

/** Findings for what they are where a server may be writing the files: see `ofLiveFiles`. */
export function asOfLiveFiles(findings: readonly Finding[]): readonly Finding[] {
  const { files } = context();
  const written = findings.flatMap((each) => (mayBeUnfinished(each) ? (files.get(each.file ?? "") ?? []) : []));
  return ofLiveFiles(written, findings).filter(({ code }) => code !== "file.changed");
}
