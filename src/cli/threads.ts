import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import {
  type Behind,
  bytesOf,
  type Job,
  type ResultOf,
  runJob,
  type Threads,
  withoutSources,
} from "../recovery/parallel/jobs.js";
import type { SnapshotScan } from "../recovery/index.js";
import type { FileWritten } from "../recovery/write/read-back.js";
import type { JobAnswer, Task } from "../recovery/parallel/worker.js";
import { context } from "./context/context.js";
import { allowReadingAhead } from "../io/file-source.js";

/**
 * As many threads as there are processors, and as have enough to do; ZKREWIND_THREADS says otherwise. Those that were
 * started wait for the next jobs: the process does not wait for them. `hasOtherWork`: this thread has, so that the others
 * do the jobs, if there are any.
 */
export function threads(hasOtherWork = false): Threads {
  const wanted = Number(context().env["ZKREWIND_THREADS"]);
  const fixed = Number.isInteger(wanted) && wanted > 0 ? wanted : null;
  const others: OtherThread[] = [];
  return {
    takesOne: hasOtherWork,
    run(jobs, onProgress) {
      const useful = fixed ?? usefulThreads(jobs);
      const count = hasOtherWork ? Math.min(useful - 1, jobs.length) : Math.min(useful, jobs.length) - 1;
      while (others.length < count) others.push(new OtherThread());
      return run(jobs, others.slice(0, count), { onProgress, isHelping: !hasOtherWork || count === 0 });
    },
    behind(file) {
      if (Math.min(fixed ?? processors(), processors()) < 2 || file.size < WORTH_READING_BEHIND) return null;
      others[0] ??= new OtherThread();
      return behind(others[0], file);
    },
  };
}

function usefulThreads(jobs: readonly Job[]): number {
  const bytes = jobs.reduce((sum, job) => sum + (bytesOf(job) < WORTH_A_HANDOVER ? 0 : bytesOf(job)), 0);
  return Math.min(processors(), MOST_THREADS, 1 + Math.floor(bytes / WORTH_A_THREAD));
}

function processors(): number {
  return process.getBuiltinModule("node:os").availableParallelism();
}

/** Every thread may hold a tree. */
const MOST_THREADS = 4;
/** A thread takes 25 ms of processor time to start and twice that until its code is compiled. */
const WORTH_A_THREAD = 8 << 20;
/** The same for a file that is read while it is written: bytes of it. */
const WORTH_READING_BEHIND = 32 << 20;
/** A smaller job takes longer to hand over, and its result to hand back, than to do. */
const WORTH_A_HANDOVER = 16 << 10;

/**
 * Runs jobs on this thread, if it is helping, and others. Each takes the next job that nobody has taken, by a counter that they share: the
 * largest first, so that none begins a large one when the others end. The smallest are this thread's, which begins with
 * them. The results are in the jobs' order.
 */
async function run<J extends Job>(
  jobs: readonly J[],
  others: readonly OtherThread[],
  { onProgress, isHelping }: { onProgress: (bytes: number) => void; isHelping: boolean },
): Promise<ResultOf<J>[]> {
  const results: ResultOf<J>[] = [];
  const done: number[] = [];
  let total = 0;
  const report = (index: number, bytes: number): void => {
    total += bytes - (done[index] ?? 0);
    done[index] = bytes;
    onProgress(total);
  };
  const all = jobs
    .map((job, index) => ({ job, index, bytes: bytesOf(job) }))
    .sort((a, b) => b.bytes - a.bytes || a.index - b.index);
  const queue = all.filter(({ bytes }) => bytes >= WORTH_A_HANDOVER);
  const next = new Int32Array(new SharedArrayBuffer(4));
  const own = async (): Promise<void> => {
    const runHere = async ({ job, index }: { job: J; index: number }): Promise<void> => {
      results[index] = await runJob(job, (bytes) => report(index, bytes));
    };
    for (const item of all.slice(queue.length)) await runHere(item);
    if (!isHelping) return;
    for (let item = queue[Atomics.add(next, 0, 1)]; item; item = queue[Atomics.add(next, 0, 1)]) await runHere(item);
  };
  const readAhead = others.length + 1 < processors();
  const task = { queue: queue.map(({ job, index }) => ({ job: withoutSources(job), index })), next, readAhead };
  const elsewhere = others.map((thread) =>
    thread.run(task, (answer) => {
      const { index } = answer;
      if ("result" in answer) results[index] = answer.result as ResultOf<J>;
      report(index, "result" in answer ? bytesOf(jobs[index] as J) : answer.progress);
    }),
  );
  allowReadingAhead(readAhead);
  await Promise.all([...elsewhere, own()]).finally(() => allowReadingAhead(true));
  return results;
}

/** Has another thread read a file that this one writes. */
async function behind(thread: OtherThread, file: FileWritten): Promise<SnapshotScan> {
  const job: Behind = { kind: "behind", file };
  let scan: SnapshotScan | null = null;
  const task = { queue: [{ job, index: 0 }], next: new Int32Array(new SharedArrayBuffer(4)), readAhead: false };
  await thread.run(task, (answer) => {
    if ("result" in answer) scan = answer.result as SnapshotScan;
  });
  if (scan === null) throw new Error("a thread ended without a result");
  return scan;
}

/** A thread that works on one task at a time. */
class OtherThread {
  private readonly worker: Worker;
  private take: (answer: JobAnswer) => void = () => {};
  private end: (error?: Error) => void = () => {};

  constructor() {
    const { Worker: Started } = process.getBuiltinModule("node:worker_threads");
    this.worker = new Started(join(import.meta.dirname, "../bundle/worker.cjs"));
    this.worker.on("message", (answer: JobAnswer | "done") => (answer === "done" ? this.end() : this.take(answer)));
    this.worker.on("error", (error) => this.end(error));
    this.worker.on("exit", () => this.end(new Error("a thread ended before its work was done")));
  }

  async run(task: Task, take: (answer: JobAnswer) => void): Promise<void> {
    this.take = take;
    this.worker.ref();
    this.worker.postMessage(task);
    await new Promise<void>((resolve, reject) => {
      this.end = (error) => (error ? reject(error) : resolve());
    });
    this.worker.unref();
  }
}
