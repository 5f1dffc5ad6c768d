import { pointOf, zxidAtTime, type DataDirectory } from "../adapter.js";
import type { Evidence } from "../oracle/evidence.js";
import type { Judge } from "../oracle/judge.js";
import { follows, hex } from "../model/files.js";
import type { Random } from "../random.js";

/** How points in time are written: nothing that looks like a clock's time is a zxid, and each zxid comes back as it was. */
export function judgePoints(random: Random, judge: Judge): void {
  const two = (limit: number): string => String(random.below(limit)).padStart(2, "0");
  const clocks = [`${two(24)}:${two(60)}`, `${random.below(24)}:${two(60)}`, `${two(24)}:${two(60)}:${two(60)}`];
  for (const text of [...clocks, "1:0x22", random.word().toString(16).padStart(5, "a"), String(random.below(99_999))]) {
    const point = pointOf(text);
    if (point !== 2) judge.fail("points", `${text} is taken as ${String(point)}`);
  }
  const [epoch, counter] = [random.below(1000), random.word()];
  const zxid = (BigInt(epoch) << 32n) | BigInt(counter);
  for (const text of [hex(zxid), `e${epoch}:${counter}`, `e${epoch}:0x${counter.toString(16)}`])
    if (pointOf(text) !== zxid) judge.fail("points", `${text} is not ${hex(zxid)}`);
  // 2026: clocks in Berlin go from 2 to 3 on 29 March, and from 3 to 2 on 25 October.
  const minute = two(60);
  for (const text of [`2026-03-29T02:${minute}:00`, `2026-10-25T02:${minute}:00`])
    if (pointOf(text, "Europe/Berlin") !== 2) judge.fail("points", `${text} in Berlin is one time`);
  const summer = `2026-07-01T02:${minute}:00`;
  if (pointOf(summer, "Europe/Berlin") !== BigInt(Date.parse(`${summer}+02:00`)))
    judge.fail("points", `${summer} in Berlin is another time`);
}

/** A time is the last transaction that is not later, and none where clocks stepped back across it. */
export async function judgeTimes(
  directory: DataDirectory,
  { told, troubles }: Evidence,
  random: Random,
  judge: Judge,
): Promise<void> {
  if (troubles.length > 0) return;
  const moments = [...told.values()]
    .map(({ record: { zxid, payload } }) => ({ zxid, time: payload.readBigInt64BE(20) }))
    .sort((a, b) => (a.zxid < b.zxid ? -1 : 1));
  if (moments.length < 2) return;
  const time = random.pick(moments).time + BigInt(random.below(3) - 1);
  const last = moments.findLastIndex((each) => each.time <= time);
  const after = moments[last + 1];
  const edge = moments[last];
  const steps = moments.slice(0, Math.max(last, 0)).some((each) => each.time > time);
  const beyond = last === moments.length - 1 && moments.every((each) => each.time < time);
  const gap = edge && after && !follows(edge.zxid, after.zxid);
  const expected = !edge || steps || beyond || gap ? null : edge.zxid;
  const had = await zxidAtTime(directory, time);
  if (had === expected) return;
  const shown = [had, expected].map((each) => (each === null ? "refused" : hex(each)));
  judge.fail("points", `the time ${time} is ${shown[0]}, not ${shown[1]}`);
}
