import { base, LAST, NEWEST_LOG } from "./base.js";
import type { ServerCase } from "./cases.js";
import { change, created, payloads, withRecords } from "./files.js";

/** Records as long as a server reads them, and by a byte longer. */
export const LIMIT_CASES: readonly ServerCase[] = [
  { name: "limit-3.4", title: "a record of 1,049,599 bytes", files: () => ofLength(1_049_599) },
  { name: "limit-3.4-over", title: "a record of 1,049,600 bytes", files: () => ofLength(1_049_600) },
  { name: "limit", title: "a record of 2,097,150 bytes", files: () => ofLength(2_097_150) },
  { name: "limit-over", title: "a record of 2,097,151 bytes", files: () => ofLength(2_097_151) },
  {
    name: "limit-raised",
    title: "a record of 2,100,000 bytes, -Djute.maxbuffer=1050000",
    files: () => ofLength(2_100_000),
    juteMaxbuffer: 1_050_000,
  },
  {
    name: "limit-raised-over",
    title: "a record of 2,100,001 bytes, -Djute.maxbuffer=1050000",
    files: () => ofLength(2_100_001),
    juteMaxbuffer: 1_050_000,
  },
  {
    name: "limit-lowered",
    title: "a record of 1,536 bytes, -Djute.maxbuffer=512",
    files: () => ofLength(1536),
    juteMaxbuffer: 512,
  },
  {
    name: "limit-lowered-over",
    title: "a record of 1,537 bytes, -Djute.maxbuffer=512",
    files: () => ofLength(1537),
    juteMaxbuffer: 512,
  },
];

/** With a create as a last transaction whose record's payload has this many bytes. */
function ofLength(length: number): ReturnType<typeof base> {
  const [empty = Buffer.alloc(0)] = payloads(LAST + 1n, [created(1, "/long")]);
  const long = payloads(LAST + 1n, [created(1, "/long", length - empty.length)]);
  return change(base(), NEWEST_LOG, (bytes) => withRecords(bytes, long));
}
