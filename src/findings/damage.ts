import type { FindingCode } from "./codes.js";
import type { Finding } from "./finding.js";

/** Damage to a file's bytes: what a server wrote itself is none, however odd. */
const DAMAGE: ReadonlySet<FindingCode> = new Set<FindingCode>([
  "file.unreadable",
  "file.empty",
  "file.short-header",
  "file.magic",
  "file.zeros",
  "file.version",
  "file.dbid",
  "file.compression",
  "snapshot.truncated",
  "snapshot.zeros",
  "snapshot.repeated-id",
  "snapshot.length",
  "snapshot.seal",
  "snapshot.no-seal",
  "snapshot.end-mark",
  "snapshot.trailing",
  "snapshot.acl-map",
  "snapshot.path",
  "log.header",
  "log.torn-tail",
  "log.garbage",
  "log.torn",
  "log.length",
  "log.crc",
  "log.end-mark",
  "log.padding",
  "log.after-padding",
]);

export function isDamage({ code }: Finding): boolean {
  return DAMAGE.has(code);
}
