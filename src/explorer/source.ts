import { type DataDirectory, type Threads, type Verification, verify } from "../recovery/index.js";
import type { Summary } from "../repository/check/summary.js";
import { type Comparison, compareNodes } from "../forensics/replicas/compare.js";
import { type SessionLife } from "../forensics/history/session-life.js";
import { sessionLives } from "../forensics/history/sessions.js";
import { KeptTrees } from "./point/kept-trees.js";
import { TxnIndex } from "./timeline/txn-index.js";

/** What the explorer shows. */
export interface Opened {
  /** What the user named. */
  sources: readonly string[];
  /** One server's files, or several servers' as one history. */
  directory: DataDirectory;
  /** Each server's, where several were named. */
  servers: readonly DataDirectory[];
  /** What the backup repositories among the sources hold at this moment; undefined where there are none. */
  copies?: () => Promise<Summary>;
}

export interface Progress {
  /** Bytes read, and bytes in all. */
  done: number;
  total: number;
}

/**
 * What is known of a source: read once and kept, for all answers. `begin` starts the long work, which goes on while
 * requests are answered.
 */
export class Source {
  readonly opened: Opened;
  readonly index: TxnIndex;
  readonly trees: KeptTrees;
  verification: Verification | null = null;
  comparison: Comparison | null = null;
  verifying: Progress = { done: 0, total: 0 };
  /** Called with the progress of the verification. */
  onProgress: (progress: Progress) => void = () => {};
  /** Why the work failed. */
  failure: Error | null = null;
  private lives: Promise<SessionLife[]> | null = null;
  private readonly ending = new AbortController();
  private work: Promise<void> | null = null;

  constructor(opened: Opened) {
    this.opened = opened;
    this.index = new TxnIndex(opened.directory);
    this.trees = new KeptTrees(opened.directory, this.index);
  }

  /** Starts to read; resolves when all is read. */
  begin(threads?: Threads): Promise<void> {
    this.work ??= this.readAll(threads).catch((error: unknown) => {
      this.failure = error instanceof Error ? error : new Error(String(error));
    });
    return this.work;
  }

  /** Stops reading. */
  close(): void {
    this.ending.abort();
  }

  /** Every session's life up to the end of the logs. */
  sessions(): Promise<SessionLife[]> {
    this.lives ??= sessionLives(this.opened.directory);
    return this.lives;
  }

  private async readAll(threads: Threads | undefined): Promise<void> {
    const { directory, servers } = this.opened;
    // The page opens with this: read it before it is asked for.
    const indexed = this.index.read(this.ending.signal).then(() => this.sessions());
    const verified = verify(directory, {
      ...(threads && { threads }),
      onProgress: (progress) => {
        this.verifying = progress;
        this.onProgress(progress);
      },
    });
    if (!isSmall(directory)) this.trees.after(verified);
    this.verification = await verified;
    this.trees.exact = this.verification.exact;
    await indexed;
    if (servers.length > 1 && !this.ending.signal.aborted)
      this.comparison = await compareNodes(servers, { observers: [] });
  }
}

/** Whether the tree of a replay takes so little that another may stand beside it: within what `explore` says of memory. */
function isSmall({ snapshots, logs }: DataDirectory): boolean {
  const largest = snapshots.reduce((most, { size }) => Math.max(most, size), 0);
  return logs.reduce((sum, { size }) => sum + size, largest) <= SMALL;
}

/** Bytes of files. */
const SMALL = 50 << 20;
