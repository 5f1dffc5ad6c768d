// Answers requests to the built command line one after another, in a thread of its own: a process for each would take
// most of the tests' time to start. See run.ts.
import { Buffer } from "node:buffer";
import process from "node:process";
import { Readable, Writable } from "node:stream";
import { parentPort, workerData } from "node:worker_threads";
import { Context, within } from "../../dist/cli/context/context.js";
import { main } from "../../dist/cli/main.js";

const { port, done } = workerData;

parentPort.on("message", async (request) => {
  port.postMessage(await answer(request).catch((error) => ({ failed: String(error?.stack ?? error) })));
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});

async function answer({ args, env, input }) {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  const chunks = { 1: [], 2: [] };
  const its = new Context(
    {
      write(descriptor, bytes, from) {
        chunks[descriptor].push(Buffer.from(bytes.subarray(from)));
        return bytes.length;
      },
      isTerminal: () => false,
      isLookedAt: () => true,
      columns: () => 80,
      stdin: () => Readable.from(input.length === 0 ? [] : [Buffer.from(input)], { objectMode: false }),
      stderr: () => new Writable({ write: (chunk, _encoding, then) => (chunks[2].push(chunk), then()) }),
    },
    env,
  );
  await within(its, () => main([process.execPath, "zkrewind", ...args]));
  return { code: its.exitCode, out: Buffer.concat(chunks[1]), err: Buffer.concat(chunks[2]) };
}
