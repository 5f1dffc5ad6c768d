import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type DataDirectory, Server } from "./server.js";
import type { Properties } from "./java.js";

/** An empty folder that goes with the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "zkrewind-interop-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of a folder, for servers and ZooKeeper's classes to write into. */
export function copyOf(folder: string): string {
  const copy = join(scratchFolder(), "copy");
  cpSync(folder, copy, { recursive: true });
  return copy;
}

/** A server that has started, and is stopped whatever becomes of the test. */
export async function serve(version: string, directory: DataDirectory, settings: Properties = {}): Promise<Server> {
  const server = new Server(version, directory, scratchFolder(), settings);
  onTestFinished(() => server.stop());
  await server.start();
  return server;
}
