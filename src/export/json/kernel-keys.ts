import { type FieldKind, STAT_FIELDS, TXN_DIGEST_FIELDS, TXN_HEAD_FIELDS } from "../shapes/fields.js";

/**
 * The keys and punctuation that the kernel writes, by the names that its source has for them: `{put stat.mzxid}` there is
 * `","mzxid":"0x`, which closes what comes before it. Read by build-kernels.mjs, which gives each its place in memory.
 */
export const KERNEL_KEYS: Readonly<Record<string, string>> = {
  path: '"path":"',
  data: '","data":"',
  // The path's quote is closed, as it is where data is left out.
  nullData: ',"data":null',
  utf8: '","encoding":"utf8"',
  base64: '","encoding":"base64"',
  hex: '","encoding":"hex"',
  acl: ',"acl":',
  ...keys("stat", STAT_FIELDS, ',"stat":{'),
  persistent: '},"kind":"persistent"',
  ephemeral: '},"kind":"ephemeral"',
  container: '},"kind":"container"',
  ttl: '},"kind":"ttl","ttl":',
  orphan: ',"orphan":true',
  ...keys("txn", TXN_HEAD_FIELDS, ""),
  ...keys("digest", TXN_DIGEST_FIELDS, ',"digest":{'),
};

/** The keys of fields that follow each other, each with the end of the one before it. */
function keys(name: string, fields: Readonly<Record<string, FieldKind>>, begin: string): Record<string, string> {
  let before = begin;
  const made: Record<string, string> = {};
  for (const [field, kind] of Object.entries(fields)) {
    made[`${name}.${field}`] = `${before}"${field}":${kind === "zxid" ? '"0x' : kind === "int" ? "" : '"'}`;
    before = kind === "int" ? "," : '",';
  }
  return made;
}
