import { JuteReader } from "../jute/index.js";
import { finding } from "../findings/finding.js";
import type { FindingList } from "../findings/finding-list.js";
import type { StoredBytes } from "../io/stored-bytes.js";
import { UnreadableFile } from "../io/unreadable-file.js";
import type { Window } from "../io/window.js";
import { hex } from "./zxid.js";
import { say } from "../text/message.js";

/**
 * Which trailers a snapshot carries after its first seal. They are not self-describing: the layout is the one whose
 * seals verify.
 */
export interface SnapshotLayout {
  digest: boolean;
  lastZxid: boolean;
}

/** The tree digest that a server (3.6+) wrote: that of its tree just after `zxid`. */
export interface SnapshotDigest {
  zxid: bigint;
  version: number;
  /** As stored: a long for version 2 and later, hex text before. */
  value: bigint | string;
}

/** What follows a snapshot's znodes. */
export interface SnapshotTrailers {
  layout: SnapshotLayout;
  /** Whether every seal matched the bytes before it. */
  sealed: boolean;
  digest: SnapshotDigest | null;
  /** The last zxid that the server had processed when it wrote it (3.9+). */
  lastZxid: bigint | null;
}

/** The layouts that servers write, in the order in which they came. */
const LAYOUTS: readonly SnapshotLayout[] = [
  { digest: false, lastZxid: false },
  { digest: true, lastZxid: false },
  { digest: true, lastZxid: true },
  { digest: false, lastZxid: true },
];

/**
 * "3.4", "3.6", "3.9" after the first release that writes it; "3.9-no-digest" for the lastZxid alone.
 *
 * @example
 * import { layoutName } from "zkrewind/storage";
 *
 * console.log(layoutName({ digest: true, lastZxid: false }));
 */
export function layoutName(layout: SnapshotLayout): "3.4" | "3.6" | "3.9" | "3.9-no-digest" {
  if (layout.digest) return layout.lastZxid ? "3.9" : "3.6";
  return layout.lastZxid ? "3.9-no-digest" : "3.4";
}

/**
 * The layout with a name; undefined for any other.
 *
 * @example
 * import { layoutNamed } from "zkrewind/storage";
 *
 * console.log(layoutNamed("3.9"), layoutNamed("2.0"));
 */
export function layoutNamed(name: string): SnapshotLayout | undefined {
  return LAYOUTS.find((layout) => layoutName(layout) === name);
}

/**
 * The layout that a release, `3.9.5` or `3.9`, writes by default: with the digest from 3.6 on, with the last zxid from 3.9
 * on. Undefined for what is no release from 3.3 to 3.9.
 *
 * @example
 * import { layoutOfRelease } from "zkrewind/storage";
 *
 * console.log(layoutOfRelease("3.6.4"), layoutOfRelease("4.0"));
 */
export function layoutOfRelease(release: string): SnapshotLayout | undefined {
  const minor = Number(/^3\.(\d)(?:\.\d{1,2})?$/.exec(release)?.[1] ?? 0);
  return minor < 3 ? undefined : { digest: minor >= 6, lastZxid: minor >= 9 };
}

interface Attempt {
  trailers: SnapshotTrailers;
  /** Bytes from the first seal on that this layout accounts for. */
  length: number;
  broken: Seal[];
  complete: boolean;
}

interface Seal {
  position: number;
  stored: bigint;
  computed: number;
  markOk: boolean;
}

/** Long Adler-32, ustring "/". */
const SEAL_LENGTH = 13;
/** More than any layout's trailers take: a hex digest of version 1 included. */
const MOST_TRAILER_BYTES = 4096;

/**
 * Reads the seals and trailers at the window's position, which is just after the "/" that ends the znodes.
 * What is wrong with them goes to `findings`; null where there is not even one whole seal.
 */
export async function readTrailers(
  window: Window,
  findings: FindingList,
  file: string,
): Promise<SnapshotTrailers | null> {
  await window.need(MOST_TRAILER_BYTES);
  const start = window.position;
  const left = window.available;
  if (left < SEAL_LENGTH) {
    findings.push(
      finding("snapshot.no-seal", say`${left} bytes where a seal has ${SEAL_LENGTH}`, { file, offset: window.offset }),
    );
    return null;
  }
  window.adlerUpTo(start);
  const attempts = LAYOUTS.map((layout) => attempt(window, layout));
  const best = choose(attempts, left);
  reportSeals(window, best, findings, file);
  window.position = start + best.length;
  const excess = await drain(window);
  if (!best.complete) {
    findings.push(
      finding("snapshot.truncated", say`the file ends inside the trailers`, {
        file,
        offset: window.fileOffset(start + best.length),
      }),
    );
    best.trailers.sealed = false;
  } else if (excess > 0) {
    findings.push(
      finding("snapshot.trailing", say`${excess} bytes after the last seal`, { file, offset: window.offset - excess }),
    );
  }
  return best.trailers;
}

/**
 * A layout whose seals all verify, the longest such; else the one that accounts for the file's length exactly; else
 * the first seal alone, with what follows it as excess (or, if that is too short for any layout, as cut).
 */
function choose(attempts: readonly Attempt[], left: number): Attempt {
  const whole = attempts.filter((each) => each.complete);
  const sound = whole.filter((each) => each.broken.length === 0).sort((a, b) => b.length - a.length);
  const best = sound[0];
  if (best && best.length === left) return best;
  const fitting = whole.filter((each) => each.length === left).sort((a, b) => a.broken.length - b.broken.length)[0];
  if (best && best.length > SEAL_LENGTH) return best;
  // A seal of which neither the sum nor the mark is right is none: the file was cut in another layout.
  if (fitting?.broken.every(({ stored, computed, markOk }) => markOk || stored === BigInt(computed))) return fitting;
  const first = attempts[0] as Attempt;
  if (left > SEAL_LENGTH && left < MOST_LAYOUT_LENGTH && first.broken.length === 0)
    return { ...first, complete: false };
  return best ?? fitting ?? first;
}

const MOST_LAYOUT_LENGTH = 54 + SEAL_LENGTH;

function attempt(window: Window, layout: SnapshotLayout): Attempt {
  const { block, limit, position: start } = window;
  const cursor = new JuteReader(block.view, start, limit);
  const trailers: SnapshotTrailers = { layout, sealed: false, digest: null, lastZxid: null };
  const broken: Seal[] = [];
  let sum = window.adlerUpTo(start);
  let summed = start;
  const readSeal = (): void => {
    const position = cursor.position;
    const stored = cursor.bigLong();
    const length = cursor.int();
    const mark = cursor.byte();
    if (!cursor.ok) return;
    sum = block.adler32(summed, position, sum);
    summed = position;
    const markOk = length === 1 && mark === 0x2f;
    if (stored !== BigInt(sum) || !markOk) broken.push({ position, stored, computed: sum, markOk });
  };
  readSeal();
  if (layout.digest) {
    trailers.digest = readDigest(cursor);
    readSeal();
  }
  if (layout.lastZxid) {
    trailers.lastZxid = cursor.bigLong();
    readSeal();
  }
  trailers.sealed = cursor.ok && broken.length === 0;
  return { trailers, length: cursor.position - start, broken, complete: cursor.ok };
}

/** ZxidDigest.serialize: long zxid, int version, then a long (version 2 on) or a ustring of hex. */
function readDigest(cursor: JuteReader): SnapshotDigest {
  const zxid = cursor.bigLong();
  const version = cursor.int();
  const value = version >= 2 ? cursor.bigLong() : (cursor.string() ?? "");
  return { zxid, version, value };
}

function reportSeals(window: Window, best: Attempt, findings: FindingList, file: string): void {
  for (const { position, stored, computed, markOk } of best.broken) {
    const offset = window.fileOffset(position);
    if (stored !== BigInt(computed)) {
      const message = say`the seal is ${hex(stored)}, the bytes before it give ${hex(BigInt(computed))}`;
      findings.push(finding("snapshot.seal", message, { file, offset }));
    }
    if (!markOk)
      findings.push(finding("snapshot.end-mark", say`the seal does not end in "/"`, { file, offset: offset + 8 }));
  }
}

/** Reads to the end of the file; how many bytes that was. */
async function drain(window: Window): Promise<number> {
  let count = 0;
  for (;;) {
    count += window.available;
    window.position = window.limit;
    if (!(await window.need(1))) return count;
  }
}

/**
 * What the last bytes of an uncompressed snapshot say of its trailers, without checking a seal against the file: a hint
 * that saves reading a snapshot which cannot be the base of a point. Null where they have no known shape, or the file
 * cannot be read.
 */
export function peekTrailers(stored: StoredBytes): SnapshotTrailers | null {
  const bytes = lastBytes(stored, Math.min(stored.size, MOST_LAYOUT_LENGTH));
  if (!bytes) return null;
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  for (const layout of LAYOUTS.toSorted((a, b) => layoutLength(b) - layoutLength(a))) {
    const start = length - layoutLength(layout);
    if (start < 0 || !looksSealed(view, start)) continue;
    const cursor = new JuteReader(view, start + SEAL_LENGTH, length);
    const trailers: SnapshotTrailers = { layout, sealed: true, digest: null, lastZxid: null };
    if (layout.digest) {
      trailers.digest = readDigest(cursor);
      if (trailers.digest.version < 2 || !looksSealed(view, cursor.position)) continue;
      cursor.position += SEAL_LENGTH;
    }
    if (layout.lastZxid) {
      trailers.lastZxid = cursor.bigLong();
      if (!looksSealed(view, cursor.position)) continue;
    }
    return trailers;
  }
  return null;
}

function lastBytes(stored: StoredBytes, length: number): Buffer | null {
  try {
    return stored.readAt(stored.size - length, length);
  } catch (error) {
    if (error instanceof UnreadableFile) return null;
    throw error;
  }
}

function layoutLength(layout: SnapshotLayout): number {
  return SEAL_LENGTH + (layout.digest ? 20 + SEAL_LENGTH : 0) + (layout.lastZxid ? 8 + SEAL_LENGTH : 0);
}

/** A long whose upper half is 0, then the ustring "/". */
function looksSealed(view: DataView, at: number): boolean {
  return (
    at + SEAL_LENGTH <= view.byteLength &&
    view.getInt32(at) === 0 &&
    view.getInt32(at + 8) === 1 &&
    view.getUint8(at + 12) === 0x2f
  );
}
