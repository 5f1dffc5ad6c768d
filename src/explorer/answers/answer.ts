import type { DataDirectory } from "../../recovery/index.js";
import type { Edge } from "../edge.js";
import type { Query } from "../query.js";
import type { Source } from "../source.js";

/** What an answer is made from. */
export interface Asked {
  source: Source;
  query: Query;
  edge: Edge;
}

/** An answer as an object, or as JSON that is already text. */
export type Answer = (asked: Asked) => object | string | Promise<object | string>;

/** What every document of schema 1 says of where it comes from. */
export function sourceOf({ source }: Pick<Asked, "source">): { source: readonly string[] } {
  return { source: source.opened.sources };
}

export function directoryOf({ source }: Pick<Asked, "source">): DataDirectory {
  return source.opened.directory;
}
