import { existsSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { DISK } from "../../io/disk.js";
import { UnreadableFile } from "../../io/unreadable-file.js";
import { observersIn } from "../../recovery/ensemble/observers.js";
import { numberFile } from "../../recovery/directory/number-file.js";

/** A small file that goes along with the data. */
export interface LocalFile {
  file: string;
  text: Buffer;
}

/**
 * The epoch files, and who is in the ensemble: of a zoo.cfg only the lines that say that, for others can hold passwords.
 */
export function localFiles(dataFolder: string, config: string | null): LocalFile[] {
  const files: LocalFile[] = [];
  for (const file of ["currentEpoch", "acceptedEpoch"]) {
    const text = read(() => numberFile(DISK.bytesOf(join(dataFolder, file))));
    if (text !== null) files.push({ file, text: Buffer.from(text) });
  }
  const settings = config === null ? null : textOf(config);
  if (config === null || settings === null) return files;
  const members = linesOf(settings, MEMBERSHIP);
  if (members !== "") files.push({ file: "zoo.cfg", text: Buffer.from(members) });
  const dynamic = /^\s*dynamicConfigFile\s*=\s*(.*?)\s*$/m.exec(settings)?.[1];
  if (dynamic === undefined) return files;
  const path = isAbsolute(dynamic) ? dynamic : join(dirname(config), dynamic);
  const lines = linesOf(textOf(path) ?? "", MEMBERSHIP);
  if (lines !== "") files.push({ file: "zoo.cfg.dynamic", text: Buffer.from(lines) });
  return files;
}

/** The ids of the voting members that the files list; null where they list none. */
export function votersIn(files: readonly LocalFile[]): string[] | null {
  const text = ["zoo.cfg.dynamic", "zoo.cfg"]
    .map((name) => files.find(({ file }) => file === name)?.text.toString("utf8") ?? "")
    .find((each) => each.includes("server."));
  if (text === undefined) return null;
  const observers = observersIn(text);
  const ids = [...text.matchAll(/^\s*server\.(\d+)\s*=/gm)].map(([, id]) => Number(id));
  const voters = [...new Set(ids)].filter((id) => !observers.has(id)).sort((a, b) => a - b);
  return voters.length > 0 ? voters.map(String) : null;
}

/** The zoo.cfg of a server, where it lies in its data directory. */
export function configIn(folder: string): string | null {
  return [join(folder, "zoo.cfg"), join(dirname(folder), "zoo.cfg")].find((path) => existsSync(path)) ?? null;
}

function textOf(path: string): string | null {
  return read(() => DISK.bytesOf(path).readAt(0, MOST).toString("utf8"));
}

function linesOf(text: string, pattern: RegExp): string {
  const lines = text.split(/\r?\n/).filter((line) => pattern.test(line));
  return lines.map((line) => `${line.trim()}\n`).join("");
}

function read<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnreadableFile) return null;
    throw error;
  }
}

const MEMBERSHIP =
  /^\s*(server\.\d+|group\.\d+|weight\.\d+|peerType|dynamicConfigFile|reconfigEnabled|standaloneEnabled|version)\s*=/;
const MOST = 1 << 20;
