import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type Job, type ResultOf, type Threads, withoutSources } from "../recovery/jobs.js";

/** As many threads as there are processors; ZKREWIND_THREADS says otherwise. */
export function threads(): Threads {
  const wanted = Number(process.env["ZKREWIND_THREADS"]);
  const count = Number.isInteger(wanted) && wanted > 0 ? wanted : Math.min(availableParallelism(), MOST_THREADS);
  return { run: (jobs, onProgress) => run(jobs, count, onProgress) };
}

/** Every thread may hold a tree. */
const MOST_THREADS = 4;

/** Hands jobs out, the next to whichever thread is free; the results are in the jobs' order. */
async function run<J extends Job>(
  jobs: readonly J[],
  count: number,
  onProgress: (bytes: number) => void,
): Promise<ResultOf<J>[]> {
  const results: ResultOf<J>[] = [];
  const done: number[] = [];
  let next = 0;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL("../recovery/worker.js", import.meta.url));
      let current = -1;
      const hand = (): void => {
        current = next++;
        const job = jobs[current];
        if (job === undefined) void worker.terminate().then(() => resolve(), reject);
        else worker.postMessage(withoutSources(job));
      };
      worker.on("message", (message: { progress: number } | { result: ResultOf<J> }) => {
        if ("progress" in message) done[current] = message.progress;
        else {
          results[current] = message.result;
          hand();
        }
        onProgress(done.reduce((sum, each) => sum + (each ?? 0), 0));
      });
      worker.on("error", reject);
      hand();
    });
  await Promise.all(Array.from({ length: Math.min(count, jobs.length) }, work));
  return results;
}
