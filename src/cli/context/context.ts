import type { AsyncLocalStorage } from "node:async_hooks";
import type { Redactor } from "../../forensics/redact/redact.js";
import type { CsvRedactor } from "../../forensics/redact/redact-csv.js";
import type { JsonRedactor } from "../../forensics/redact/redact-json.js";
import type { KeptObjects } from "../../repository/read/kept-objects.js";
import type { Scratch } from "../../io/scratch.js";
import type { Fetcher } from "../../recovery/directory/fetch.js";
import type { DataDirectory, State, StoredFile } from "../../recovery/index.js";
import { Progress } from "./progress.js";
import { PROCESS_STREAMS, type Streams } from "./streams.js";

/** All that one request to the command line has to itself: several can be answered in one process at once. */
export class Context {
  readonly streams: Streams;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly progress: Progress;
  /** What the request ends with. */
  exitCode = 0;
  /** Warnings count as errors do. */
  isStrict = false;
  /** No report: the exit code says it. */
  isQuiet = false;
  /** What hides values, and rewrites JSON and CSV by what their keys and columns say; null where nothing is to be hidden. */
  redaction: { redactor: Redactor; Json: typeof JsonRedactor; Csv: typeof CsvRedactor } | null = null;
  /** The sources that were opened, their files by path, and what is written. */
  readonly sources: DataDirectory[] = [];
  readonly files = new Map<string, StoredFile>();
  readonly outputs: string[] = [];
  /** What reads standard input and gzipped archives, and where they are kept meanwhile. */
  fetcher: Fetcher | null = null;
  scratch: Scratch | null = null;
  /** What is kept of objects of backups that were fetched. */
  readonly kept: KeptObjects[] = [];
  /** Findings about whole files that were told: everyone who reads the file finds them. */
  readonly toldOfFiles = new Set<string>();
  /** What the shell has open: commands read this wherever they name no point of their own. */
  inShell: { directory: DataDirectory; state: State } | null = null;

  constructor(streams: Streams = PROCESS_STREAMS, env: Context["env"] = process.env) {
    this.streams = streams;
    this.env = env;
    this.progress = new Progress(streams, env);
  }
}

let only: Context | null = null;
let requests: AsyncLocalStorage<Context> | null = null;

/** The context of the request that is being answered. */
export function context(): Context {
  return requests?.getStore() ?? (only ??= new Context());
}

/**
 * Answers a request that may not be the process's only one. (One that is need not know: following contexts through
 * promises costs time.)
 */
export function within<T>(its: Context, answer: () => Promise<T>): Promise<T> {
  requests ??= new (process.getBuiltinModule("node:async_hooks").AsyncLocalStorage)<Context>();
  return requests.run(its, answer);
}
