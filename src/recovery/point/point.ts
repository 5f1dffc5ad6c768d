import { ZkRewindError } from "../../findings/finding.js";
import { parseFileName } from "../../storage/names.js";
import { makeZxid } from "../../storage/zxid.js";

/** A point in time as a user names it; `resolve` (rebuild.ts) turns times into zxids. */
export type Point =
  | { kind: "latest" }
  | { kind: "zxid"; zxid: bigint; text: string }
  /** Milliseconds since 1970: the last transaction, in zxid order, that is not later. */
  | { kind: "time"; time: bigint; text: string };

/** Which transactions a state includes: those up to the point (`--at`), or those before it (`--before`). */
export interface PointRequest {
  point: Point;
  inclusive: boolean;
}

export const LATEST: PointRequest = { point: { kind: "latest" }, inclusive: true };

const TIME = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})$/;
const TIME_WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$/;

/**
 * `latest`, a zxid `0x…`, `EPOCH:COUNTER` (decimal), a time in RFC 3339 with its zone, or `@FILE` for the zxid in a
 * file's name. Throws a usage error that says what is missing.
 */
export function parsePoint(text: string): Point {
  if (text === "latest") return { kind: "latest" };
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) return zxidPoint(BigInt.asIntN(64, BigInt(text)), text);
  const pair = /^(\d{1,10}):(\d{1,10})$/.exec(text);
  if (pair) {
    const [epoch, counter] = [Number(pair[1]), Number(pair[2])];
    if (epoch > 0xffffffff || counter > 0xffffffff) throw usage(`epoch and counter are 32 bits each: ${text}`);
    return zxidPoint(makeZxid(epoch, counter), text);
  }
  if (text.startsWith("@")) {
    const name = parseFileName(text.slice(text.lastIndexOf("/") + 1).replace(/^@/, ""));
    if (!name)
      throw usage(`there is no zxid in the file name ${text.slice(1)}`, "For example @snapshot.1f3 or @log.200000001.");
    return zxidPoint(name.zxid, text);
  }
  if (TIME.test(text)) {
    const time = Date.parse(
      text
        .replace(" ", "T")
        .replace(/([+-]\d{2})(\d{2})$/, "$1:$2")
        .toUpperCase(),
    );
    if (!Number.isNaN(time)) return { kind: "time", time: BigInt(time), text };
  }
  if (TIME_WITHOUT_ZONE.test(text))
    throw usage(`a time needs its zone: ${text}`, `For example ${text.slice(0, 10)}T14:05:00Z or …+02:00.`);
  throw usage(`not a point in time: ${text}`, "latest, 0x1d8e, EPOCH:COUNTER, 2026-11-23T14:05:00Z, or @snapshot.1f3.");
}

function zxidPoint(zxid: bigint, text: string): Point {
  return { kind: "zxid", zxid, text };
}

function usage(message: string, hint?: string): ZkRewindError {
  return new ZkRewindError(message, hint === undefined ? { exitCode: 2 } : { exitCode: 2, hint });
}
