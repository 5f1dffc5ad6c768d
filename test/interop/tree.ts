import type { TrueNode } from "../fixtures/index.js";

/** What a real client was told. */
export interface ServedTree {
  nodes: Map<string, TrueNode>;
  /** Those that were there before the client's own. */
  sessions: string[];
  /** The zxid of a znode that the client made last. */
  written: bigint;
}

/** ReadTree's output. */
export function parseTree(text: string): Omit<ServedTree, "sessions"> {
  const nodes = new Map<string, TrueNode>();
  for (const line of text.trimEnd().split("\n")) {
    const item = JSON.parse(line);
    if (item.type === "node") nodes.set(item.path, node(item));
    else if (item.nodes !== nodes.size) throw new Error(`${nodes.size} znodes read, ${item.nodes} said`);
    else return { nodes, written: BigInt(item.written) };
  }
  throw new Error("the client was cut short");
}

function node({ path, data, acl, stat }: TrueNode): TrueNode {
  return { path, data, acl, stat };
}

/** An NDJSON export's znodes (`--data base64`) in the truths' form. */
export function parseExport(text: string): { zxid: bigint; nodes: Map<string, TrueNode>; sessions: string[] } {
  const nodes = new Map<string, TrueNode>();
  const sessions: string[] = [];
  let zxid: bigint | undefined;
  for (const line of text.trimEnd().split("\n")) {
    const item = JSON.parse(line);
    if (item.type === "header") zxid = BigInt(item.at.zxid);
    else if (item.type === "session") sessions.push(item.id);
    else if (item.type === "node") nodes.set(item.path, exportedNode(item));
    else if (item.type === "end" && zxid !== undefined && item.nodes === nodes.size) return { zxid, nodes, sessions };
  }
  throw new Error("the export is not whole");
}

interface ExportedNode {
  path: string;
  data: string | null;
  acl: { perms: string; scheme: string; id: string }[];
  stat: Record<"czxid" | "mzxid" | "pzxid" | "ctime" | "mtime" | "ephemeralOwner", string> &
    Record<"version" | "cversion" | "aversion" | "numChildren", number>;
}

function exportedNode({ path, data, acl, stat }: ExportedNode): TrueNode {
  const { czxid, mzxid, pzxid, version, cversion, aversion, ephemeralOwner, numChildren } = stat;
  const times = [millis(stat.ctime), millis(stat.mtime)] as const;
  return {
    path,
    data,
    acl: acl.map(({ perms, scheme, id }) => [bitsOf(perms), scheme, id]),
    stat: [czxid, mzxid, pzxid, ...times, version, cversion, aversion, ephemeralOwner, numChildren],
  };
}

function bitsOf(perms: string): number {
  const bits: Record<string, number> = { r: 1, w: 2, c: 4, d: 8, a: 16 };
  return perms.split("").reduce((sum, letter) => sum | (bits[letter] ?? Number.NaN), 0);
}

function millis(time: string): number {
  return /^-?\d+$/.test(time) ? Number(time) : Date.parse(time);
}

/**
 * A stored tree as a client is told of it: 3.5 and later say 0 for the owner of containers and TTL znodes. All else
 * is told as it is stored: null data as null, cversion as ReadTree takes it back.
 */
export function asTold(nodes: ReadonlyMap<string, TrueNode>): Record<string, TrueNode> {
  return byPath(
    new Map(
      [...nodes].map(([path, node]) => {
        const stat: TrueNode["stat"] = [...node.stat];
        if (/^0x(8000000000000000|ff[0-9a-f]{14})$/.test(stat[8])) stat[8] = "0x0";
        return [path, { ...node, stat }];
      }),
    ),
  );
}

/** Each znode on its own, so that a difference is short to read. */
export function byPath(nodes: ReadonlyMap<string, TrueNode>): Record<string, TrueNode> {
  return Object.fromEntries([...nodes].sort(([a], [b]) => (a < b ? -1 : 1)));
}
