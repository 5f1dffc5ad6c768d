// What several documents have in common.
import { arrayOf, boolean, count, object, oneOf, orNull, ref, string, strings, zxid } from "./terms.mjs";

export const source = strings;
export const at = ref("point");
export const findings = arrayOf(ref("finding"));
export const zxids = object({ first: zxid, last: zxid });
export const bytes = object({ from: count, to: count });

/** What a server of some release does when it starts. */
const start = {
  starts: boolean,
  zxid: orNull(zxid),
  snapshot: orNull(string),
  message: orNull(string),
  stop: orNull(object({ file: string }, { offset: count, zxid })),
  lost: arrayOf(object({ from: zxid, to: zxid, where: oneOf("in no file", "not read", "left out") })),
  deletes: arrayOf(object({ kind: oneOf("container", "ttl", "ephemeral"), count: orNull(count), paths: strings })),
  reasons: strings,
};

/** A release that was asked about, and those that do otherwise. */
export const startable = object({
  release: string,
  mode: oneOf("standalone", "ensemble"),
  severity: orNull(ref("severity")),
  ...start,
  others: arrayOf(object({ releases: strings, ...start })),
});
