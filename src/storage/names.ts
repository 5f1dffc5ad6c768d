/** What a file in a data directory is, by its name alone. Its content is told by its magic. */
export interface FileName {
  kind: "snapshot" | "log";
  /** The zxid in the name. */
  zxid: bigint;
  /** What follows the zxid. */
  suffix: "" | ".gz" | ".snappy";
}

const PATTERN = /^(snapshot|log)\.([0-9a-fA-F]{1,16})(\.gz|\.snappy)?$/;

/**
 * `snapshot.<zxid>` or `log.<zxid>`, with `.gz` or `.snappy` after it where it is compressed; null for any other name.
 * Servers compress snapshots alone: a compressed log is what somebody archived.
 *
 * @example
 * import { parseFileName } from "zkrewind/storage";
 *
 * console.log(parseFileName("snapshot.1d8e.gz"), parseFileName("currentEpoch"));
 */
export function parseFileName(name: string): FileName | null {
  const match = PATTERN.exec(name);
  if (!match) return null;
  return {
    kind: match[1] as FileName["kind"],
    zxid: BigInt.asIntN(64, BigInt(`0x${match[2]}`)),
    suffix: (match[3] ?? "") as FileName["suffix"],
  };
}

/**
 * The name that ZooKeeper gives such a file: lower-case hex, no padding.
 *
 * @example
 * import { fileName } from "zkrewind/storage";
 *
 * console.log(fileName("snapshot", 0x1d8en), fileName("log", 1n, ".gz"));
 */
export function fileName(kind: "snapshot" | "log", zxid: bigint, suffix = ""): string {
  return `${kind}.${BigInt.asUintN(64, zxid).toString(16)}${suffix}`;
}
