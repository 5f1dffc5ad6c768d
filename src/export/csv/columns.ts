/** The columns of CSV, by the names of JSON (docs/csv.md). */

const DATA_COLUMNS = ["data", "encoding"] as const;

/** A znode is a row. */
export const ZNODE_COLUMNS = [
  "path",
  "pathBase64",
  ...DATA_COLUMNS,
  "acl",
  "aclId",
  "czxid",
  "mzxid",
  "pzxid",
  "ctime",
  "mtime",
  "version",
  "cversion",
  "aversion",
  "ephemeralOwner",
  "dataLength",
  "numChildren",
  "kind",
  "ttl",
  "orphan",
] as const;

/** A transaction is a row, and so is each member of a multi: `member` has its number, from 0. */
export const TXN_COLUMNS = [
  "zxid",
  "time",
  "session",
  "cxid",
  "member",
  "op",
  "path",
  "pathBase64",
  ...DATA_COLUMNS,
  "acl",
  "ephemeral",
  "parentCVersion",
  "ttl",
  "version",
  "timeout",
  "paths",
  "error",
  "errorName",
  "raw",
  "digestVersion",
  "digest",
  "damaged",
  "file",
  "offset",
] as const;

/** The head: without the columns of data where none is written. */
export function headOf(columns: readonly string[], withData: boolean): string {
  return columns.filter((name) => withData || !DATA_COLUMNS.some((each) => each === name)).join(",");
}
