/**
 * What the fields of schema 1 are called, in the order in which they are written, and how each value is written. The
 * kernel's keys are made of this (kernel-keys.ts), and so are the types of the objects beside it.
 */

/**
 * - `zxid`: 64 bits in hex, `"0x1d8e"`;
 * - `time`: milliseconds since 1970 as ISO 8601, `"2026-11-23T00:51:00.000Z"`;
 * - `decimal`: 64 bits in decimal, quoted;
 * - `int`: a number of 32 bits;
 * - `text`: a string.
 */
export type FieldKind = "zxid" | "time" | "decimal" | "int" | "text";

/** A znode's stat. */
export const STAT_FIELDS = {
  czxid: "zxid",
  mzxid: "zxid",
  pzxid: "zxid",
  ctime: "time",
  mtime: "time",
  version: "int",
  cversion: "int",
  aversion: "int",
  ephemeralOwner: "zxid",
  dataLength: "int",
  numChildren: "int",
} as const satisfies Record<string, FieldKind>;

/** What every transaction begins with. */
export const TXN_HEAD_FIELDS = {
  zxid: "zxid",
  time: "time",
  session: "zxid",
  cxid: "int",
} as const satisfies Record<string, FieldKind>;

/** The digest of the tree that a transaction led to. */
export const TXN_DIGEST_FIELDS = {
  version: "int",
  value: "decimal",
} as const satisfies Record<string, FieldKind>;

/** A field's value as JSON has it. */
export type JsonOf<K extends FieldKind> = K extends "int" ? number : string;

/** An object with these fields. */
export type ObjectOf<F extends Record<string, FieldKind>> = { [K in keyof F]: JsonOf<F[K]> };
