import { ZkRewindError } from "../../findings/finding.js";
import { type ChildIndex, type DataTree, orphans, pathOf } from "../../tree/index.js";
import { fromHalves } from "../../storage/zxid.js";
import { orphansFound } from "../replay/orphans.js";
import { joined, say, tag } from "../../text/message.js";

/** A snapshot holds what a walk from the root comes to: throws ZkRewindError 1 where a znode would be missing from it. */
export function refuseLeftOut(tree: DataTree, children: ChildIndex): void {
  const left: number[] = [];
  for (const top of orphans(tree.znodes)) for (const slot of children.walk(top)) left.push(slot);
  if (left.length === 0) return;
  const names = left.slice(0, MOST_NAMED).map((slot) => pathOf(tree, slot));
  const more = left.length > names.length ? ", …" : "";
  throw new ZkRewindError(
    say`no snapshot can hold ${joined(names.map(tag.path), ", ")}${more}: in no znode's list of children`,
    {
      exitCode: 1,
      hint: say`--exclude leaves such znodes out, as a server does in its next snapshot; zkrewind export writes them.`,
      findings: orphansFound(tree),
    },
  );
}

/**
 * Holds what was written against the tree: throws ZkRewindError 3 where a znode is
 * missing, or the digests differ.
 */
export function compareWritten({ znodes }: DataTree, written: { znodes: number; digest: bigint }): void {
  if (written.znodes === znodes.size && written.digest === treeDigest(znodes)) return;
  throw new ZkRewindError(
    say`what was written differs from the tree: ${written.znodes} znodes instead of ${znodes.size}, digest ${written.digest} instead of ${treeDigest(znodes)}`,
    { exitCode: 3 },
  );
}

function treeDigest({ digestHigh, digestLow }: DataTree["znodes"]): bigint {
  return BigInt.asUintN(64, fromHalves(digestHigh, digestLow));
}

const MOST_NAMED = 10;
