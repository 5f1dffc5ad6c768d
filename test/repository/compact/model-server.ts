import { mkdirSync, readdirSync, rmSync, writeFileSync, appendFileSync } from "node:fs";
import { join } from "node:path";
import { adler32 } from "../../../src/checksum/index.js";
import { JuteWriter } from "../../../src/jute/index.js";
import { FILE_VERSION, LOG_MAGIC } from "../../../src/storage/header.js";
import { epochOf, makeZxid } from "../../../src/storage/zxid.js";
import { PlainServer } from "../../tree/plain-server.js";
import type { Step } from "../../tree/steps.js";

/** What a server had just after a transaction. */
export interface Known {
  digest: bigint;
  znodes: number;
  sessions: [id: bigint, timeout: number][];
}

/** A plain server with a data directory: its transactions are in logs, with digests, and its snapshots are fuzzy. */
export class ModelServer {
  readonly folder: string;
  readonly plain = new PlainServer(true);
  /** By zxid. */
  readonly states = new Map<bigint, Known>();
  private readonly version: string;
  private file = "";
  private written = 0;

  constructor(folder: string, id: number) {
    this.folder = folder;
    this.version = join(folder, "version-2");
    mkdirSync(this.version, { recursive: true });
    writeFileSync(join(folder, "myid"), `${id}\n`);
    // As every server from 3.5 on has it.
    const above = this.plain.nodes.get("/zookeeper");
    if (!above) throw new Error("a server without /zookeeper");
    this.plain.nodes.set("/zookeeper/config", { ...above, children: new Set() });
    above.children.add("config");
  }

  /** What a server writes before its first transaction. */
  async start(): Promise<void> {
    await this.snapshot();
    this.newEpoch();
  }

  take(...steps: readonly Step[]): void {
    for (const _ of this.changes(steps));
    this.flush();
  }

  /** Each change after the next, so that something can come in between. */
  *changes(steps: readonly Step[]): Generator<void> {
    const { plain } = this;
    for (const step of steps)
      for (const _ of plain.take(step)) {
        if (plain.log.length > 0 && plain.log.at(-1)?.zxid === plain.zxid && !this.states.has(plain.zxid))
          this.states.set(plain.zxid, {
            digest: plain.digest(),
            znodes: plain.nodes.size,
            sessions: [...plain.sessions].sort(([a], [b]) => (a < b ? -1 : 1)),
          });
        yield;
      }
  }

  /** The leader has changed. */
  newEpoch(): void {
    this.plain.zxid = makeZxid(epochOf(this.plain.zxid) + 1, 0);
  }

  roll(): void {
    this.file = "";
  }

  /** Deletes all logs but the newest `logs`, and all snapshots but the newest `snapshots`. */
  purge(logs: number, snapshots: number): void {
    const byZxid = (prefix: string): string[] =>
      readdirSync(this.version)
        .filter((name) => name.startsWith(prefix))
        .sort((a, b) => Number.parseInt(a.slice(prefix.length), 16) - Number.parseInt(b.slice(prefix.length), 16));
    const gone = [...byZxid("log.").slice(0, -logs), ...byZxid("snapshot.").slice(0, -snapshots)];
    for (const name of gone) rmSync(join(this.version, name));
  }

  /** Writes a snapshot while these changes go on. */
  async snapshot(during: readonly Step[] = []): Promise<void> {
    const { zxid } = this.plain;
    const changes = this.changes(during);
    let turn = 0;
    const bytes = await this.plain.snapshot(() => void (turn++ % 3 === 0 && changes.next()), true);
    for (const _ of changes);
    this.flush();
    writeFileSync(join(this.version, `snapshot.${zxid.toString(16)}`), bytes);
    this.roll();
  }

  /** Brings to the log what the server has done. */
  private flush(): void {
    const { log } = this.plain;
    for (; this.written < log.length; this.written++) {
      const { zxid, payload } = log[this.written] as (typeof log)[number];
      if (this.file === "") {
        this.file = join(this.version, `log.${zxid.toString(16)}`);
        writeFileSync(this.file, new JuteWriter().int(LOG_MAGIC).int(FILE_VERSION).long(0n).bytes);
      }
      const head = new JuteWriter().long(BigInt(adler32(payload))).int(payload.length).bytes;
      appendFileSync(this.file, Buffer.concat([head, payload, Buffer.from("B")]));
    }
  }
}
