interface QuotaNode {
  data: Buffer | null;
  children: Set<string>;
}

const ROOT = "/zookeeper/quota";
const LIMITS = "/zookeeper_limits";
const STATS = "/zookeeper_stats";

/** What DataTree makes of quotas, at once with each change: createNode, deleteNode, setData, and PathTrie. */
export class PlainQuotas {
  private readonly nodes: Map<string, QuotaNode>;
  private readonly from36: boolean;
  /** PathTrie: the paths in it, and which of them have a quota. */
  private readonly trie = new Map<string, boolean>();

  constructor(nodes: Map<string, QuotaNode>, from36: boolean) {
    this.nodes = nodes;
    this.from36 = from36;
  }

  created(path: string): void {
    const quota = path.slice(ROOT.length);
    if (path.startsWith(ROOT) && quota.endsWith(LIMITS)) this.addPath(quota.slice(0, -LIMITS.length));
    if (path.startsWith(ROOT) && quota.endsWith(STATS)) this.count(quota.slice(0, -STATS.length));
    this.update(path, 1, this.nodes.get(path)?.data?.length ?? 0);
  }

  deleted(path: string, bytes: number): void {
    const quota = path.slice(ROOT.length);
    if (path.startsWith(ROOT) && quota.endsWith(LIMITS)) this.deletePath(quota.slice(0, -LIMITS.length));
    this.update(path, -1, -bytes);
  }

  changed(path: string, bytes: number): void {
    this.update(path, 0, bytes);
  }

  private addPath(path: string): void {
    for (let at = path.indexOf("/", 1); at !== -1; at = path.indexOf("/", at + 1))
      if (!this.trie.has(path.slice(0, at))) this.trie.set(path.slice(0, at), false);
    this.trie.set(path, true);
  }

  private deletePath(path: string): void {
    if (!this.trie.has(path)) return;
    const inside = [...this.trie.keys()].filter((each) => each.startsWith(`${path}/`));
    const children = inside.filter((each) => !each.slice(path.length + 1).includes("/"));
    this.trie.set(path, false);
    if (this.from36 && children.length > 0) return;
    if (!this.from36 && children.length !== 1) return;
    for (const each of [path, ...inside]) this.trie.delete(each);
  }

  private update(path: string, count: number, bytes: number): void {
    let prefix = path;
    while (prefix !== "" && this.trie.get(prefix) !== true) prefix = prefix.slice(0, prefix.lastIndexOf("/"));
    const stats = prefix === "" ? undefined : this.nodes.get(`${ROOT}${prefix}${STATS}`);
    if (!stats) return;
    const [, countBefore, bytesBefore] = /^count=(-?\d+),bytes=(-?\d+)$/.exec(String(stats.data)) as RegExpExecArray;
    stats.data = Buffer.from(`count=${Number(countBefore) + count},bytes=${Number(bytesBefore) + bytes}`);
  }

  private count(path: string): void {
    let count = 0;
    let bytes = 0;
    const walk = (at: string): void => {
      const node = this.nodes.get(at);
      if (!node) return;
      count++;
      bytes += node.data?.length ?? 0;
      for (const child of node.children) walk(`${at}/${child}`);
    };
    walk(path);
    (this.nodes.get(`${ROOT}${path}${STATS}`) as QuotaNode).data = Buffer.from(`count=${count},bytes=${bytes}`);
  }
}
