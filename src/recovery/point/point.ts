import { ZkRewindError } from "../../findings/finding.js";
import { parseFileName } from "../../storage/names.js";
import { makeZxid } from "../../storage/zxid.js";
import { say, tag } from "../../text/message.js";
import { refusal } from "./refusal.js";
import { parseTime } from "./written-time.js";

/** A point in time as a user names it; `resolveBound` (resolve.ts) makes a zxid of it. */
export type Point =
  | { kind: "latest" }
  | { kind: "zxid"; zxid: bigint; text: string }
  /** Nanoseconds since 1970: the last transaction, in zxid order, that is not later. */
  | { kind: "time"; nanos: bigint; text: string }
  /** Milliseconds before the last transaction's time. */
  | { kind: "ago"; millis: bigint; text: string };

/** Which transactions a state includes: those up to the point (`--at`), or those before it (`--before`). */
export interface PointRequest {
  point: Point;
  inclusive: boolean;
}

/** The newest state that the files give evidence of. */
export const LATEST: PointRequest = { point: { kind: "latest" }, inclusive: true };

/** As a clock would be: only the e before it makes it an epoch. */
const EPOCH_COUNTER = /^e(\d{1,10}):(?:(\d{1,10})|(0x[0-9a-f]{1,8}))$/i;
const AGO = /^-(?=\d)(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/;
const MILLIS = [604_800_000n, 86_400_000n, 3_600_000n, 60_000n, 1000n] as const;

/**
 * `latest`; a zxid `0x…`; `eEPOCH:COUNTER`, the counter decimal or `0x…`; a time in RFC 3339 with its zone, or without
 * one in `zone` (an IANA name, `UTC`, `local`); `-1h30m`, before the last transaction's time; `@FILE` for the zxid in a
 * file's name. Throws a usage error that says what was probably meant: what could be a clock's time is never a zxid.
 *
 * @example
 * import { parsePoint } from "zkrewind";
 *
 * console.log(parsePoint("0x1d8e"), parsePoint("e1:34"), parsePoint("-2h"));
 * console.log(parsePoint("2026-11-23T02:34:45", "Europe/Berlin"));
 */
export function parsePoint(text: string, zone?: string): Point {
  if (text === "latest") return { kind: "latest" };
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) return zxidPoint(BigInt.asIntN(64, BigInt(text)), text);
  const pair = EPOCH_COUNTER.exec(text);
  if (pair) {
    const [epoch, counter] = [Number(pair[1]), Number(pair[2] ?? pair[3])];
    if (epoch > 0xffffffff || counter > 0xffffffff)
      throw new ZkRewindError(say`epoch and counter are 32 bits each: ${tag.given(text)}`, { exitCode: 2 });
    return zxidPoint(makeZxid(epoch, counter), text);
  }
  if (text.startsWith("@")) return zxidPoint(zxidOfName(text.slice(1)), text);
  const ago = AGO.exec(text);
  if (ago) {
    const millis = MILLIS.reduce((sum, unit, index) => sum + unit * BigInt(ago[index + 1] ?? 0), 0n);
    return { kind: "ago", millis, text };
  }
  const nanos = parseTime(text, zone);
  if (nanos === null) throw refusal(text);
  return { kind: "time", nanos, text };
}

/**
 * The last whole millisecond that is not later than a time in nanoseconds.
 *
 * @example
 * import { millisOf } from "zkrewind/recovery";
 *
 * console.log(millisOf(1_700_000_000_123_456_789n));
 */
export function millisOf(nanos: bigint): bigint {
  const whole = nanos / MILLI;
  return whole * MILLI > nanos ? whole - 1n : whole;
}

const MILLI = 1_000_000n;

function zxidOfName(path: string): bigint {
  const name = parseFileName(path.slice(path.lastIndexOf("/") + 1));
  if (name) return name.zxid;
  const hint = say`For example @snapshot.1f3 or @/var/lib/zookeeper/version-2/log.200000001.`;
  throw new ZkRewindError(say`there is no zxid in the file name ${tag.file(path)}`, { exitCode: 2, hint });
}

function zxidPoint(zxid: bigint, text: string): Point {
  return { kind: "zxid", zxid, text };
}
