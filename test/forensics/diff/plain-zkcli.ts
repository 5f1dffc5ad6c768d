/** A server's znodes and zkCli before them, as plain as can be: what cannot be done is thrown. */
export class PlainZkCli {
  readonly nodes = new Map<string, { data: string | null; version: number }>();
  private readonly release: "3.5" | "3.9";

  constructor(release: "3.5" | "3.9", nodes: Iterable<readonly [path: string, data: string | null]>) {
    this.release = release;
    for (const [path, data] of nodes) this.nodes.set(path, { data, version: 0 });
  }

  run(line: string): void {
    const [command, ...args] = line.split(" ");
    const [option = "", value = ""] = args;
    const [path = "", data] = option.startsWith("-") ? args.slice(2) : args;
    const version = option === "-v" ? Number(value) : undefined;
    if (command === "create") this.create(path, data ?? null);
    else if (command === "delete") this.delete(path, version);
    else if (command === "set") this.set(path, data ?? null, version);
    else if (command === "setquota") this.setquota(path, option, value);
    else if (command === "delquota") this.delquota(path);
    else throw new Error(`no such command: ${line}`);
  }

  create(path: string, data: string | null): void {
    if (this.nodes.has(path)) throw new Error(`NodeExists: ${path}`);
    this.at(path.slice(0, path.lastIndexOf("/")) || "/");
    this.nodes.set(path, { data, version: 0 });
  }

  delete(path: string, version?: number): void {
    this.guarded(path, version);
    if (this.childrenOf(path).length > 0) throw new Error(`NotEmpty: ${path}`);
    this.nodes.delete(path);
  }

  set(path: string, data: string | null, version?: number): void {
    const node = this.guarded(path, version);
    node.data = data;
    node.version++;
  }

  /** SetQuotaCommand.createQuota */
  private setquota(owner: string, option: string, value: string): void {
    if (!/^-[nb]$/.test(option) || !/^\d+$/.test(value)) throw new Error(`setquota ${option} ${value}`);
    this.at(owner);
    const folder = `/zookeeper/quota${owner}`;
    const names = owner.split("/").slice(1);
    if (this.release === "3.5") {
      if (this.childrenOf(folder).some((name) => !name.startsWith("zookeeper_"))) throw new Error("a child quota");
    } else {
      for (const path of this.nodes.keys())
        if (
          path.startsWith(`${folder}/`) &&
          path.endsWith("/zookeeper_limits") &&
          path !== `${folder}/zookeeper_limits`
        )
          throw new Error("a child quota");
    }
    // 3.5 looks for limits in the folder itself as well.
    for (let above = 1; above <= names.length - (this.release === "3.5" ? 0 : 1); above++)
      if (this.nodes.has(`/zookeeper/quota/${names.slice(0, above).join("/")}/zookeeper_limits`))
        throw new Error("a parent quota");
    for (let above = 1; above <= names.length; above++) {
      const path = `/zookeeper/quota/${names.slice(0, above).join("/")}`;
      if (!this.nodes.has(path)) this.create(path, null);
    }
    const text = option === "-n" ? `count=${value},bytes=-1` : `count=-1,bytes=${value}`;
    this.create(
      `${folder}/zookeeper_limits`,
      this.release === "3.5" ? text : `${text}=;byteHardLimit=-1;countHardLimit=-1`,
    );
    this.create(`${folder}/zookeeper_stats`, "count=0,bytes=0");
  }

  /** DelQuotaCommand.delQuota */
  private delquota(owner: string): void {
    const folder = `/zookeeper/quota${owner}`;
    const { data } = this.at(`${folder}/zookeeper_limits`);
    if (!/^count=-?\d+,bytes=-?\d+/.test(data ?? "")) throw new Error(`StatsTrack: ${data}`);
    for (const name of this.childrenOf(folder)) this.delete(`${folder}/${name}`);
    for (let path = folder; path !== "/zookeeper/quota" && this.childrenOf(path).length === 0; ) {
      this.delete(path);
      path = path.slice(0, path.lastIndexOf("/"));
    }
  }

  private guarded(path: string, version?: number): { data: string | null; version: number } {
    const node = this.at(path);
    if (version !== undefined && version !== node.version) throw new Error(`BadVersion: ${path} ${node.version}`);
    return node;
  }

  private at(path: string): { data: string | null; version: number } {
    const node = path === "/" ? ROOT : this.nodes.get(path);
    if (!node) throw new Error(`NoNode: ${path}`);
    return node;
  }

  private childrenOf(path: string): string[] {
    const all = [...this.nodes.keys()].filter((each) => each.startsWith(`${path}/`));
    return all.map((each) => each.slice(path.length + 1)).filter((name) => !name.includes("/"));
  }
}

const ROOT = { data: null, version: 0 };
