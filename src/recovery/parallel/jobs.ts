import { FileBytes } from "../../io/file-bytes.js";
import type { Place } from "../../io/stored-bytes.js";
import { openStored, type StoredFile } from "../directory/data-directory.js";
import { type LogScan, scanLog } from "../scan/scan-log.js";
import { scanSnapshot, type SnapshotScan } from "../scan/scan-snapshot.js";
import { type FileWritten, scanBehind } from "../write/read-back.js";
import { replaySegment, type Segment, type SegmentResult } from "../replay/segment.js";

/** Work on files that is independent of all other such work. */
export type Job = { kind: "scan"; file: StoredFile } | { kind: "replay"; segment: Segment } | Behind;
/** A snapshot read while another thread writes it. */
export interface Behind {
  kind: "behind";
  file: FileWritten;
}
/** What a job gives. */
export type ResultOf<J extends Job> = J extends { kind: "scan" }
  ? SnapshotScan | LogScan
  : J extends Behind
    ? SnapshotScan
    : SegmentResult;

/** Runs jobs on other threads: see threads.ts. Results come in the order of the jobs. */
export interface Threads {
  /** Whether one job alone is handed over, too. */
  takesOne?: boolean;
  run<J extends Job>(jobs: readonly J[], onProgress: (bytes: number) => void): Promise<ResultOf<J>[]>;
  /** Reads a snapshot while this thread writes it; null where it is not worth another thread, or there is none. */
  behind(file: FileWritten): Promise<SnapshotScan> | null;
}

export interface RunOptions {
  threads?: Threads;
  /** Bytes done by all jobs of this call, up to the sum of their `bytesOf`. */
  onProgress: (bytes: number) => void;
}

/** Runs jobs, on threads if there are any, and returns their results in the jobs' order. */
export async function runJobs<J extends Job>(jobs: readonly J[], options: RunOptions): Promise<ResultOf<J>[]> {
  if (options.threads && (jobs.length > 1 || options.threads.takesOne))
    return options.threads.run(jobs, options.onProgress);
  const results: ResultOf<J>[] = [];
  let before = 0;
  for (const job of jobs) {
    results.push(await runJob(job, (bytes) => options.onProgress(before + bytes)));
    before += bytesOf(job);
  }
  return results;
}

/** Runs a job; `onProgress` is told bytes up to `bytesOf`, and those when it is done. */
export async function runJob<J extends Job>(job: J, onProgress: (bytes: number) => void): Promise<ResultOf<J>> {
  const all = bytesOf(job);
  const result = await run(job, (bytes) => onProgress(Math.min(bytes, all)));
  onProgress(all);
  return result;
}

async function run<J extends Job>(job: J, onProgress: (bytes: number) => void): Promise<ResultOf<J>> {
  if (job.kind === "replay") return (await replaySegment(job.segment, onProgress)) as ResultOf<J>;
  if (job.kind === "behind") return (await scanBehind(job.file)) as ResultOf<J>;
  const scan =
    job.file.kind === "snapshot" ? await scanSnapshot(job.file, onProgress) : await scanLog(job.file, onProgress);
  return scan as ResultOf<J>;
}

/** About how many bytes a job reads: what it takes, and what it counts for in progress. */
export function bytesOf(job: Job): number {
  return job.kind === "replay" ? job.segment.bytes : job.file.size;
}

/** A job without what cannot be sent to another thread, and back. */
export function withoutSources(job: Job): unknown {
  const plain = (file: StoredFile): object => ({ ...file, open: undefined, bytes: file.bytes.place });
  if (job.kind === "behind") return job;
  if (job.kind === "scan") return { kind: "scan", file: plain(job.file) };
  const { segment } = job;
  return {
    kind: "replay",
    segment: { ...segment, snapshot: segment.snapshot && plain(segment.snapshot), logs: segment.logs.map(plain) },
  };
}

/** `job`: what `withoutSources` made, whose files have a place where their bytes belong. */
export function withSources(job: Job): Job {
  const restore = (file: StoredFile): StoredFile => {
    const bytes = new FileBytes(file.bytes as unknown as Place);
    return { ...file, bytes, open: () => openStored(bytes, file.range) };
  };
  if (job.kind === "behind") return job;
  if (job.kind === "scan") return { kind: "scan", file: restore(job.file) };
  const { segment } = job;
  return {
    kind: "replay",
    segment: { ...segment, snapshot: segment.snapshot && restore(segment.snapshot), logs: segment.logs.map(restore) },
  };
}
