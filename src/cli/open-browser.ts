import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { say, tag } from "../text/message.js";
import { note } from "./output/report.js";

/**
 * Opens an address that has a secret in it in the user's browser; returns what takes away what that needed. A command's
 * arguments are seen by everyone on the machine: so the browser is given a file that only the user can read.
 */
export function openBrowser(address: string): () => void {
  const folder = mkdtempSync(join(tmpdir(), "zkrewind-open-"));
  const file = join(folder, "open.html");
  writeFileSync(file, `<!doctype html><meta http-equiv="refresh" content="0;url=${address}">`, { mode: 0o600 });
  const command = process.platform === "darwin" ? "open" : "xdg-open";
  const started = process
    .getBuiltinModule("node:child_process")
    .spawn(command, [pathToFileURL(file).href], { stdio: "ignore", detached: true });
  started.on("error", (error) => note(say`no browser could be opened: ${tag.system(error.message)}`));
  started.unref();
  return () => rmSync(folder, { recursive: true, force: true });
}
