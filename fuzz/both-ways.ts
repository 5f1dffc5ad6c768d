import { loadSnapshot, scanSnapshot } from "../src/index.js";
import type { StoredFile } from "../src/recovery/index.js";
import { type LoadedSnapshot, pathOf } from "../src/tree/index.js";

/**
 * Everything that a snapshot's reading gives, as it is scanned and as it is loaded: with the kernel's runs, or one znode
 * at a time. Both must give the same, whatever the file holds.
 */
export async function readingOf(file: StoredFile, oneByOne: boolean): Promise<object> {
  return {
    scan: await scanSnapshot(file, undefined, undefined, oneByOne),
    loaded: everythingOf(await loadSnapshot(file.open(), undefined, oneByOne)),
  };
}

function everythingOf({ tree, ...rest }: LoadedSnapshot): object {
  const { znodes } = tree;
  const slots: unknown[] = [];
  for (let slot = 0; slot < znodes.slots; slot++) {
    const path = pathOf(tree, slot);
    const found = znodes.findPath(Buffer.from(path));
    slots.push([
      path,
      znodes.recordOf(slot),
      znodes.parent(slot),
      znodes.numChildren(slot),
      znodes.digest(slot),
      found,
    ]);
  }
  const { size, orphans, digestHigh, digestLow } = znodes;
  return {
    ...rest,
    slots,
    size,
    orphans,
    digest: [digestHigh, digestLow],
    sessions: tree.sessions.sorted(),
    owned: tree.ephemerals,
    acls: tree.acls,
    from36: tree.from36,
  };
}
