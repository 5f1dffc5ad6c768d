import { type Files, fixtureFiles } from "./files.js";

/**
 * A member of an ensemble of 3.4.14: files that every release reads, with two epochs. The newest snapshot is 0x200000135,
 * the last transaction 0x200000142.
 */
export function base(): Files {
  return fixtureFiles("ensemble-divergent-3.4/server1", (name) => !OLD.test(name));
}

/** The same from its first transaction on. */
export function whole(): Files {
  return fixtureFiles("ensemble-divergent-3.4/server1");
}

/** What the cases do not need. */
const OLD = /^(snapshot\.1000(000a4|0011a|001c1|00241|002bb)|log\.1000(00001|000a5|0011b|001c3|00243))$/;

export const NEWEST_SNAPSHOT = "snapshot.200000135";
export const OLDER_SNAPSHOT = "snapshot.20000009b";
export const NEWEST_LOG = "log.200000137";
/** What the newest snapshot lies in: it ends with 0x200000136. */
export const MIDDLE_LOG = "log.20000009d";
export const LAST = 0x200000142n;
