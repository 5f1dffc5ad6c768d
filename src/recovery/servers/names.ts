import type { Release } from "./releases.js";

/**
 * The zxid in a file's name as a server takes it (Util.getZxidFromName): the parts between dots, the first of which is
 * the kind and the second a long in hexadecimal. From 3.6 on further parts are ignored; before, a name with any is none.
 * Null for a name that is none.
 */
export function serverZxid(name: string, kind: "snapshot" | "log", release: Pick<Release, "anySuffix">): bigint | null {
  const parts = name.split(".");
  // String.split leaves out the empty ones at the end.
  while (parts.at(-1) === "") parts.pop();
  if (parts.length < 2 || parts[0] !== kind || (parts.length > 2 && !release.anySuffix)) return null;
  const match = /^([+-]?)([0-9a-f]+)$/i.exec(parts[1] as string);
  if (!match) return null;
  const value = BigInt(`0x${match[2]}`) * (match[1] === "-" ? -1n : 1n);
  // Such a long is taken for "none" as well.
  return value < -(2n ** 63n) || value >= 2n ** 63n || value === -1n ? null : value;
}

/** How a server from 3.6 on takes the bytes of a snapshot: by the last part of its name (SnapStream.getStreamMode). */
export function streamMode(name: string): "gzip" | "snappy" | "none" {
  const last = /\.([^.]*)\.*$/.exec(name)?.[1]?.toLowerCase();
  return last === "gz" ? "gzip" : last === "snappy" ? "snappy" : "none";
}

/** A file's name without its folder or archive: what messages call it may be longer. */
export function nameIn(path: string): string {
  return path.slice(path.search(/[^/\\:]*$/));
}
