import { parentPort } from "node:worker_threads";
import { allowReadingAhead } from "../../io/file-source.js";
import { type Job, runJob, withSources } from "./jobs.js";

/** Jobs that several threads share: `next` counts those that were taken from the queue. */
export interface Task {
  /** Each without what cannot be sent, and with its place among the results. */
  queue: readonly { job: unknown; index: number }[];
  next: Int32Array;
  /** Whether processors are left that files may be read ahead on. */
  readAhead: boolean;
}

/** A job's result, or the bytes that it has done so far. When there is no job left, a thread says "done". */
export type JobAnswer = { index: number; result: unknown } | { index: number; progress: number };

/** Bytes between two reports. */
const PROGRESS_STEP = 16 << 20;

/** A thread of `verify`: takes the next job that nobody has taken until there is none, and posts each result. */
async function work({ queue, next, readAhead }: Task, post: (answer: JobAnswer | "done") => void): Promise<void> {
  allowReadingAhead(readAhead);
  for (let item = queue[Atomics.add(next, 0, 1)]; item; item = queue[Atomics.add(next, 0, 1)]) {
    const { job, index } = item;
    let reported = 0;
    const result = await runJob(withSources(job as Job), (bytes) => {
      if (bytes - reported < PROGRESS_STEP) return;
      reported = bytes;
      post({ index, progress: bytes });
    });
    post({ index, result });
  }
  post("done");
}

const port = parentPort;
port?.on("message", (task: Task) => void work(task, (answer) => port.postMessage(answer)));
