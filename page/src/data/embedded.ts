import { parentOf } from "../tree/znode-id.js";
import type { AnswerName, Answers, Bucket, Data, Params, SearchLine, Space, Timeline } from "./model.js";
import { OfflineTree, type PackedTree } from "./offline-tree.js";

/** Answers from what a report holds. */
export class EmbeddedData implements Data {
  readonly isLive = false;
  private readonly answers: Partial<Answers>;
  private readonly tree: OfflineTree | null;

  private constructor(answers: Partial<Answers>, tree: OfflineTree | null) {
    this.answers = answers;
    this.tree = tree;
  }

  /** `text`: base64 of the gzipped answers, tree and columns (src/explorer/report/report.ts). */
  static async of(text: string): Promise<EmbeddedData> {
    const packed = Uint8Array.from(atob(text.trim()), (each) => each.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const view = new DataView(bytes.buffer);
    const decoder = new TextDecoder();
    const headLength = view.getUint32(0, true);
    const head = JSON.parse(decoder.decode(bytes.subarray(4, 4 + headLength))) as Partial<Answers>;
    const bodyAt = 8 + headLength;
    const bodyLength = view.getUint32(bodyAt - 4, true);
    const body = JSON.parse(decoder.decode(bytes.subarray(bodyAt, bodyAt + bodyLength))) as PackedTree | null;
    return new EmbeddedData(head, body && new OfflineTree(body, bytes.subarray(bodyAt + bodyLength)));
  }

  has(name: AnswerName | "search"): boolean {
    if (name === "search" || name === "children" || name === "node") return this.tree !== null;
    return name in this.answers || name === "session";
  }

  async ask<N extends AnswerName>(name: N, params: Params = {}): Promise<Answers[N]> {
    return this.answer(name, params) as Answers[N];
  }

  private answer(name: AnswerName, params: Params): Answers[AnswerName] {
    const { answers, tree } = this;
    const point = answers.point;
    if (!point) throw new Error("this report is not whole");
    const path = String(params["path"] ?? "/");
    if (name === "point" && params["at"] !== "latest" && params["at"] !== point.zxid)
      throw new Error(`This report holds the tree at ${point.zxid} alone; zkrewind explore shows it at any point.`);
    if (name === "children" && tree)
      return tree.children(
        path,
        Number(params["offset"] ?? 0),
        Number(params["limit"] ?? 200),
        String(params["filter"] ?? ""),
        { find: listOf(params["find"]), keep: listOf(params["keep"]) },
        point,
      );
    if (name === "node" && tree) return { at: point, ...tree.node(path) };
    if (name === "timeline" && answers.timeline) return rebucketed(answers.timeline, params);
    if (name === "space" && answers.space) return below(answers.space, path);
    if (name === "session") {
      const found = answers.sessions?.sessions.find(({ id }) => id === params["id"]);
      if (found) return { ...found, ephemeralZnodes: [], counts: { ephemeralZnodes: found.ephemeralsMade } };
    }
    const made = answers[name];
    if (made === undefined) throw new Error("This report does not hold that.");
    return made;
  }

  async search(params: Params, onLine: (line: SearchLine) => void, signal: AbortSignal): Promise<void> {
    const { tree } = this;
    if (!tree) throw new Error("This report does not hold the znodes.");
    const path: string[] = [];
    let hits = 0;
    for (let from = 0; from < tree.size && !signal.aborted; from += STRETCH) {
      for (const hit of tree.search(String(params["text"]), from, from + STRETCH, path)) {
        if (hits++ < MOST_HITS) onLine(hit);
      }
      onLine({ type: "progress", done: Math.min(from + STRETCH, tree.size), total: tree.size, hits });
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    onLine({ type: "end", done: tree.size, total: tree.size, hits });
  }
}

function listOf(value: Params[string]): readonly string[] {
  return typeof value === "object" ? value : [];
}

const STRETCH = 50_000;
const MOST_HITS = 500;

/** The part of a timeline between two times, in fewer stretches. */
function rebucketed(whole: Timeline, params: Params): Timeline {
  const from = Number(params["from"] ?? Date.parse(whole.from));
  const to = Number(params["to"] ?? Date.parse(whole.to));
  const width = Math.max((to - from + 1) / Number(params["buckets"] ?? 240), 1);
  const made = new Map<number, Bucket>();
  for (const each of whole.buckets) {
    const time = Date.parse(each.time);
    if (time < from || time > to) continue;
    const place = Math.floor((time - from) / width);
    const into = made.get(place);
    if (!into) {
      made.set(place, { ...each, kinds: [...each.kinds] });
      continue;
    }
    for (const field of ["count", "bytes", "failed", "deletes"] as const) into[field] += each[field];
    for (const [kind, count] of each.kinds.entries()) into.kinds[kind] = (into.kinds[kind] ?? 0) + count;
    into.open = each.open;
    into.last = each.last;
  }
  return {
    ...whole,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    buckets: [...made.values()],
  };
}

/** What takes the space below one of the subtrees that are listed. */
function below(space: Space, path: string): Space {
  if (path === space.path) return space;
  const own = space.subtrees.find((each) => each.path === path);
  if (!own) throw new Error("This report does not say what takes the space there.");
  const subtrees = space.subtrees.filter((each) => parentOf(each.path) === path).map((each) => ({ ...each, depth: 1 }));
  return { ...space, path, total: own, subtrees, largest: [], children: [], patterns: [] };
}
