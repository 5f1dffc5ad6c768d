import type { TreeResult } from "../../forensics/replicas/compare-trees.js";
import type { Comparison } from "../../forensics/replicas/compare.js";
import { hex } from "../../storage/zxid.js";
import { joinSafe, safe, type Safe, words } from "../../text/safe.js";
import type { Style } from "../output/output.js";
import { counted, shown, visible } from "../output/text.js";

/** The servers' trees as they are rebuilt exactly. */
export function treeLines({ trees, common }: Comparison, names: readonly Safe[], style: Style): Safe[] {
  if (!trees) return [];
  return [
    words(""),
    safe`trees at ${hex(trees.zxid)}${trees.zxid === common ? ", the last that all servers have" : ""}:`,
    ...trees.results.flatMap((result) => resultLines(result, "not known exactly", names, style)),
  ];
}

/** The trees that the servers would load: nothing is said of those that are as the exact ones. */
export function loadedLines({ trees, loaded }: Comparison, names: readonly Safe[], style: Style): Safe[] {
  if (!loaded) return [];
  const known = [...(trees?.results ?? []), ...loaded.results];
  if (known.every(({ same }) => same))
    return [safe`  what each would load, up to ${hex(loaded.zxid)}, is the same tree`];
  return [
    safe`what each would load, up to ${hex(loaded.zxid)}:`,
    ...loaded.results.flatMap((result) => resultLines(result, "not known", names, style)),
  ];
}

function resultLines(
  result: TreeResult,
  unknown: "not known" | "not known exactly",
  names: readonly Safe[],
  style: Style,
): Safe[] {
  const { node, fingerprint, reason, same, verified, sessions, differing, differences } = result;
  const name = names[node] ?? words("");
  if (!fingerprint) return [safe`  ${name}: ${unknown}: ${reason === null ? "" : shown(reason)}`];
  const { znodes, digest } = fingerprint;
  const proof = verified ? "verified by its own digest" : "no digest of its own at that zxid";
  const lines = [
    safe`  ${name}: ${counted(znodes, "znode")}, ${counted(sessions, "session")}, digest ${digest}${unknown === "not known" ? "" : `, ${proof}`}`,
  ];
  if (same) return lines;
  lines.push(style.red(safe`    differs in ${counted(differing, "znode")} from the first:`));
  for (const { path, change, fields } of differences) {
    const what = fields.map((field) => words(field));
    lines.push(
      safe`    ${SIGNS[change]} ${visible(path, "path")}${what.length > 0 ? safe`  (${joinSafe(what, ", ")})` : ""}`,
    );
  }
  if (differing > differences.length) lines.push(safe`    … and ${differing - differences.length} more`);
  return lines;
}

const SIGNS = { added: "+", removed: "-", changed: "~" } as const;
