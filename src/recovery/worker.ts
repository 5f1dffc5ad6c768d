import { parentPort, workerData } from "node:worker_threads";
import { type Job, runJob, withSources } from "./jobs.js";

/** Bytes between two reports. */
const PROGRESS_STEP = 16 << 20;

/** A thread of `verify`: takes the next job that nobody has taken until there is none, and posts each result. */
async function work({ jobs, next }: { jobs: Job[]; next: Int32Array }): Promise<void> {
  for (let index = Atomics.add(next, 0, 1); index < jobs.length; index = Atomics.add(next, 0, 1)) {
    let reported = 0;
    const result = await runJob(withSources(jobs[index] as Job), (bytes) => {
      if (bytes - reported < PROGRESS_STEP) return;
      reported = bytes;
      parentPort?.postMessage({ index, progress: bytes });
    });
    parentPort?.postMessage({ index, result });
  }
}

void work(workerData);
