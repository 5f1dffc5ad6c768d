import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BIN } from "../cli/run.js";

const PAGE = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "../../docs/backup.md"), "utf8");

/** The blocks of commands of docs/backup.md below a heading. */
export function blocksOf(heading: string): string[] {
  const [, section = ""] = new RegExp(`\n## ${heading}\n([^]*?)(?=\n## |$)`).exec(PAGE) ?? [];
  return blocksIn(section);
}

/** All of them. */
export function allBlocks(): string[] {
  return blocksIn(PAGE);
}

function blocksIn(text: string): string[] {
  return [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, block]) => block ?? "");
}

/** Runs commands as they are printed, with their places below a folder of the test's own; `places` for others. */
export function runBlock(
  block: string,
  root: string,
  places: Readonly<Record<string, string>>,
): { status: number | null; output: string } {
  for (const each of ["bin", "mnt/backup-a", "mnt/backup-b", "tmp"]) mkdirSync(join(root, each), { recursive: true });
  const command = join(root, "bin/zkrewind");
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  chmodSync(command, 0o755);
  const all = { ...places, "/mnt/": `${root}/mnt/`, "/tmp/": `${root}/tmp/`, "/run/": `${root}/tmp/` };
  const pattern = new RegExp(Object.keys(all).join("|"), "g");
  const here = block.replaceAll(pattern, (place) => all[place as keyof typeof all] ?? place);
  const { status, stdout, stderr } = spawnSync("bash", ["-e", "-c", here], {
    cwd: join(root, "tmp"),
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", PATH: `${join(root, "bin")}:${process.env["PATH"]}` },
  });
  return { status, output: `${stdout}${stderr}` };
}
