import { join } from "node:path";
import { type Job, type ResultOf, runJob, type Threads, withoutSources } from "../recovery/jobs.js";

/** As many threads as there are processors; ZKREWIND_THREADS says otherwise. */
export function threads(): Threads {
  const wanted = Number(process.env["ZKREWIND_THREADS"]);
  const count =
    Number.isInteger(wanted) && wanted > 0
      ? wanted
      : Math.min(process.getBuiltinModule("node:os").availableParallelism(), MOST_THREADS);
  return { run: (jobs, onProgress) => run(jobs, count, onProgress) };
}

/** Every thread may hold a tree. */
const MOST_THREADS = 4;

/**
 * Runs jobs on this thread and `count` - 1 others; each takes the next job that nobody has taken, by a counter that
 * they share. The results are in the jobs' order.
 */
async function run<J extends Job>(
  jobs: readonly J[],
  count: number,
  onProgress: (bytes: number) => void,
): Promise<ResultOf<J>[]> {
  const results: ResultOf<J>[] = [];
  const done: number[] = [];
  let total = 0;
  const next = new Int32Array(new SharedArrayBuffer(4));
  const report = (index: number, bytes: number): void => {
    total += bytes - (done[index] ?? 0);
    done[index] = bytes;
    onProgress(total);
  };
  const plain = jobs.map(withoutSources);
  const others = Array.from({ length: Math.min(count, jobs.length) - 1 }, () =>
    onOtherThread({ jobs: plain, next }, (index, result) => void (results[index] = result as ResultOf<J>), report),
  );
  const own = async (): Promise<void> => {
    for (let index = Atomics.add(next, 0, 1); index < jobs.length; index = Atomics.add(next, 0, 1)) {
      results[index] = await runJob(jobs[index] as J, (bytes) => report(index, bytes));
    }
  };
  await Promise.all([...others, own()]);
  return results;
}

function onOtherThread(
  work: { jobs: unknown[]; next: Int32Array },
  onResult: (index: number, result: unknown) => void,
  onProgress: (index: number, bytes: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const worker = new Worker(join(import.meta.dirname, "../bundle/worker.cjs"), { workerData: work });
    worker.on("message", (message: { index: number; progress?: number; result?: unknown }) => {
      if (message.progress === undefined) onResult(message.index, message.result);
      else onProgress(message.index, message.progress);
    });
    worker.on("error", reject);
    worker.on("exit", () => resolve());
  });
}
