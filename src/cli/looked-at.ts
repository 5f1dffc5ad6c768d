import { merge } from "../recovery/ensemble/merge.js";
import { Source } from "../explorer/source.js";
import type { PointRequest } from "../recovery/index.js";
import type { Summary } from "../repository/check/summary.js";
import { isRepository } from "../repository/read/is-repository.js";
import { trustedKeys } from "./commands/backup/keys.js";
import { openFiles } from "./opened.js";
import { nodeOptions, openOptions, type SourceOptions } from "./options/options.js";
import { tellProgress } from "./output/progress.js";
import { threads } from "./threads.js";

/** Opens what a page is going to show: the servers, each by itself and all as one history. */
export async function openLookedAt(
  sources: readonly string[],
  { node = [], ...options }: SourceOptions,
): Promise<Source> {
  const own = await openFiles(sources, openOptions(options));
  const servers = [own];
  for (const each of node) servers.push(await openFiles([each], nodeOptions(options)));
  const directory = servers.length === 1 ? own : (await merge(servers)).directory;
  const repositories = [...sources, ...node].filter(isRepository);
  const copies = repositories.length === 0 ? {} : { copies: () => copiesIn(repositories, options) };
  return new Source({ sources, directory, servers, ...copies });
}

async function copiesIn(locations: readonly string[], { trust, branch }: SourceOptions): Promise<Summary> {
  const [{ openRepositories }, { summaryOf }] = await Promise.all([
    import("../repository/read/open.js"),
    import("../repository/check/summary.js"),
  ]);
  return summaryOf(await openRepositories(locations, { pinned: await trustedKeys(trust ? { trust } : {}), branch }));
}

/** The same with all of it read, and the tree of a point rebuilt beside that. Throws what ended the reading. */
export async function readLookedAt(
  sources: readonly string[],
  options: SourceOptions,
  at: PointRequest,
): Promise<Source> {
  const source = await openLookedAt(sources, options);
  source.onProgress = tellProgress();
  // Why there is none is said where the tree is asked for.
  const rebuilt = source.trees.at(at, () => {}).catch(() => {});
  await source.begin(threads(true));
  await rebuilt;
  if (source.failure) throw source.failure;
  return source;
}
