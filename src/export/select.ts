import picomatch from "picomatch";
import { ZkRewindError } from "../findings/finding.js";
import { ChildIndex, type DataTree, NONE, orphans, pathOf } from "../tree/index.js";
import { say, tag } from "../text/message.js";

/**
 * Globs on whole paths: what to keep, and what to leave out with its subtree. Neither chooses anything where it is empty.
 */
export interface Globs {
  include?: readonly string[];
  exclude?: readonly string[];
}

/** The znodes that globs leave of a tree. */
export interface Selection {
  readonly size: number;
  readonly globs: Globs;
  has(slot: number): boolean;
}

/**
 * Which znodes to keep. A glob is matched against the whole path: `/app/**` is /app and all below it, `/app/*` its
 * children, `/app` that znode alone.
 *
 * An excluded znode goes with its whole subtree. Where something is included, a znode stays if a glob names it, and so
 * do the znodes above it: what is left is a tree. Null where there is nothing to choose.
 *
 * @example
 * import { select } from "zkrewind/export";
 * import { discover, rebuild } from "zkrewind/recovery";
 *
 * const { tree } = await rebuild(discover(["fixtures/3.8.6-standalone"]));
 * const selection = select(tree, { include: ["/counters/*"], exclude: ["/counters/c7"] });
 * console.log(selection?.size, selection?.has(tree.znodes.findPath(Buffer.from("/counters/c8"))));
 */
export function select(tree: DataTree, globs: Globs): Selection | null {
  const include = matcher(globs.include);
  const exclude = matcher(globs.exclude);
  if (!include && !exclude) return null;
  const { znodes } = tree;
  const children = new ChildIndex(znodes);
  const kept = new Uint8Array(znodes.slots);
  let size = 0;
  const keep = (slot: number): void => {
    for (let each = slot; each !== NONE && kept[each] === 0; each = znodes.parent(each)) {
      kept[each] = 1;
      size++;
    }
  };
  const stack = [...orphans(znodes).toReversed(), 0];
  for (let slot = stack.pop(); slot !== undefined; slot = stack.pop()) {
    const path = pathOf(tree, slot);
    if (exclude?.(path)) continue;
    if (!include || include(path)) keep(slot);
    for (const child of children.of(slot)) stack.push(child);
  }
  return { size, globs, has: (slot) => kept[slot] === 1 };
}

/**
 * Whether one of the globs matches a path; null where there are none. Throws a usage error for one that never could.
 *
 * @example
 * import { matcher } from "zkrewind/export";
 *
 * const matches = matcher(["/app/*"]);
 * console.log(matches?.("/app/a"), matches?.("/app/a/b"));
 */
export function matcher(globs: readonly string[] | undefined): ((path: string) => boolean) | null {
  if (!globs || globs.length === 0) return null;
  for (const glob of globs) {
    if (/^[\w.-]/.test(glob)) {
      const hint = say`A glob is matched against the whole path: ${tag.path(`/${glob}`)} or ${tag.path(`**/${glob}`)}.`;
      throw new ZkRewindError(say`the glob ${tag.path(glob)} matches no path`, { exitCode: 2, hint });
    }
  }
  const trimmed = globs.map((glob) => (glob.length > 1 ? glob.replace(/\/$/, "") : glob));
  return picomatch(trimmed, { dot: true });
}
