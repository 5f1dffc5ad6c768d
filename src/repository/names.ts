import { createHash } from "node:crypto";
import { epochOf } from "../storage/zxid.js";
import { isObjectName } from "./store/store.js";

/** What objects are called: docs/backup-format.md. */

/** A segment, by its name. */
export interface SegmentName {
  name: string;
  first: bigint;
  last: bigint;
  /** Identifies its transactions: the first 32 hex digits of a SHA-256. */
  content: string;
  /** The same of the object's bytes as they are stored. */
  stored: string;
  encrypted: boolean;
}

/** A part of a snapshot or base, by its name. */
export interface PartName {
  name: string;
  kind: "snapshot" | "base";
  zxid: bigint;
  content: string;
  index: number;
  isLast: boolean;
  stored: string;
  encrypted: boolean;
}

/** A small file beside the data, by its name. */
export interface FileObjectName {
  name: string;
  file: string;
  content: string;
  stored: string;
  encrypted: boolean;
}

/** A link, by its name. */
export interface LinkName {
  name: string;
  server: string;
  depth: number;
  writer: string;
  whole: boolean;
}

/** What the line of compaction is called: no server can be called so. */
export const COMPACTION = "compaction";

const SEGMENT = /^log\/([0-9a-f]{8})\/([0-9a-f]{16})-([0-9a-f]{16})\.([0-9a-f]{32})\.([0-9a-f]{32})\.gz(\.age)?$/;
const PART = /^(snapshot|base)\/([0-9a-f]{16})\.([0-9a-f]{32})\/(\d{5})\.([0-9a-f]{32})(\.end)?\.gz(\.age)?$/;
const FILE = /^config\/([A-Za-z0-9_-][A-Za-z0-9._-]{0,99}?)\.([0-9a-f]{32})\.([0-9a-f]{32})\.gz(\.age)?$/;
const LINK = /^writers\/([A-Za-z0-9_-][A-Za-z0-9._-]{0,63})\/(\d{10})\.([0-9a-f]{16})(\.whole)?\.json$/;
const SERVER = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;

/** Null for any other name. */
export function parseSegmentName(name: string): SegmentName | null {
  const match = SEGMENT.exec(name);
  if (!match) return null;
  const [, epoch, from, to, content, stored, age] = match as unknown as string[];
  const first = zxidOf(from as string);
  const last = zxidOf(to as string);
  if (last < first || epochOf(first) !== Number.parseInt(epoch as string, 16)) return null;
  return { name, first, last, content: content as string, stored: stored as string, encrypted: age !== undefined };
}

export function parsePartName(name: string): PartName | null {
  const match = PART.exec(name);
  if (!match) return null;
  const [, kind, zxid, content, index, stored, end, age] = match as unknown as string[];
  return {
    name,
    kind: kind as PartName["kind"],
    zxid: zxidOf(zxid as string),
    content: content as string,
    index: Number(index),
    isLast: end !== undefined,
    stored: stored as string,
    encrypted: age !== undefined,
  };
}

export function parseFileObjectName(name: string): FileObjectName | null {
  const match = FILE.exec(name);
  if (!match) return null;
  const [, file, content, stored, age] = match as unknown as string[];
  return {
    name,
    file: file as string,
    content: content as string,
    stored: stored as string,
    encrypted: age !== undefined,
  };
}

export function parseLinkName(name: string): LinkName | null {
  const match = LINK.exec(name);
  if (!match) return null;
  const [, server, depth, writer, whole] = match as unknown as string[];
  return { name, server: server as string, depth: Number(depth), writer: writer as string, whole: whole !== undefined };
}

export function segmentName(first: bigint, last: bigint, content: string, stored: string, encrypted: boolean): string {
  return `${segmentPrefix(first, last)}${content}.${stored}${suffix(encrypted)}`;
}

/** What the names of all segments with these bounds begin with. */
export function segmentPrefix(first: bigint, last: bigint): string {
  return `log/${epochHex(first)}/${zxidHex(first)}-${zxidHex(last)}.`;
}

/** What the names of all segments that begin in the slot of a zxid begin with: 4,096 are three digits. */
export function slotPrefix(zxid: bigint): string {
  return `log/${epochHex(zxid)}/${zxidHex(zxid).slice(0, -3)}`;
}

export function partName(part: Omit<PartName, "name">): string {
  const { kind, zxid, content, index, isLast, stored, encrypted } = part;
  return `${snapshotPrefix(kind, zxid, content)}${String(index).padStart(5, "0")}.${stored}${isLast ? ".end" : ""}${suffix(encrypted)}`;
}

export function snapshotPrefix(kind: PartName["kind"], zxid: bigint, content: string): string {
  return `${kind}/${zxidHex(zxid)}.${content}/`;
}

export function fileObjectName(file: string, content: string, stored: string, encrypted: boolean): string {
  return `config/${file}.${content}.${stored}${suffix(encrypted)}`;
}

export function linkName({ server, depth, writer, whole }: Omit<LinkName, "name">): string {
  return `writers/${server}/${String(depth).padStart(10, "0")}.${writer}${whole ? ".whole" : ""}.json`;
}

/** Whether a server can be called so. */
export function isServerName(text: string): boolean {
  return SERVER.test(text) && isObjectName(text);
}

/** Which hash the stored bytes of an object have by its name; null where the name has none. */
export function storedHashIn(name: string): string | null {
  return (parseSegmentName(name) ?? parsePartName(name) ?? parseFileObjectName(name))?.stored ?? null;
}

/** The hash that names have: the first 32 hex digits of the SHA-256. */
export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, HASH_DIGITS);
}

export const HASH_DIGITS = 32;

/** 16 hex digits. */
export function zxidHex(zxid: bigint): string {
  return BigInt.asUintN(64, zxid).toString(16).padStart(16, "0");
}

function zxidOf(digits: string): bigint {
  return BigInt.asIntN(64, BigInt(`0x${digits}`));
}

function epochHex(zxid: bigint): string {
  return epochOf(zxid).toString(16).padStart(8, "0");
}

function suffix(encrypted: boolean): string {
  return encrypted ? ".gz.age" : ".gz";
}
