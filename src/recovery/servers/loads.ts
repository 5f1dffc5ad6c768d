import type { SegmentResult } from "../replay/segment.js";
import { loadAsServer, type Loading, type ServerLoad } from "./server-load.js";

/** Loads what servers load, each once: most of the time a replay has done so already. */
export class Loads {
  private readonly segments: readonly SegmentResult[];
  private readonly done = new Map<string, Promise<ServerLoad>>();

  constructor(segments: readonly SegmentResult[]) {
    this.segments = segments;
  }

  /** `whole`: whether the server plays all that there is to play. */
  of(loading: Loading, whole: boolean): Promise<ServerLoad> {
    const { snapshot, played, looksUp, release } = loading;
    const known = whole && !looksUp ? this.known(loading) : null;
    if (known) return Promise.resolve(known);
    const runs = played.runs.map(({ first, last }) => `${first}-${last}`);
    // What a multi lacks differs by release.
    const key = [snapshot?.path ?? "", looksUp, played.leftOut.length > 0 ? release.name : "", ...runs].join(" ");
    let load = this.done.get(key);
    if (!load) this.done.set(key, (load = loadAsServer(loading)));
    return load;
  }

  /** The replay from the same snapshot through the same transactions. */
  private known({ snapshot, played, base }: Loading): ServerLoad | null {
    const same = this.segments.find(
      (each) => each.base === (snapshot?.file ?? null) && each.from === base && each.last === played.last,
    );
    return same?.owners ? { owners: same.owners, missingAcl: null } : null;
  }
}
