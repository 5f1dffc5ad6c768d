import { parentPort } from "node:worker_threads";
import { type Job, runJob, withSources } from "./jobs.js";

/** A thread that runs the jobs it is sent, one after the other, and answers with progress and results. */
const port = parentPort;
port?.on("message", async (job: Job) => {
  let reported = 0;
  const result = await runJob(withSources(job), (bytes) => {
    if (bytes - reported < PROGRESS_STEP) return;
    reported = bytes;
    port.postMessage({ progress: bytes });
  });
  port.postMessage({ result });
});

const PROGRESS_STEP = 16 << 20;
