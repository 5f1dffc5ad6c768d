import { base, LAST, MIDDLE_LOG, NEWEST_LOG, NEWEST_SNAPSHOT, OLDER_SNAPSHOT } from "./base.js";
import type { ServerCase } from "./cases.js";
import {
  change,
  created,
  DATA,
  type Files,
  payloads,
  record,
  recordAt,
  recordCount,
  remove,
  textMode,
  withRecords,
} from "./files.js";

/** With all of MIDDLE_LOG and NEWEST_LOG to replay. */
const fromOlder = (): Files => remove(base(), NEWEST_SNAPSHOT);

export const LOG_CASES: readonly ServerCase[] = [
  { name: "last-log-empty", title: "the last log has 0 bytes", files: () => next(Buffer.alloc(0)) },
  { name: "last-log-7-bytes", title: "the last log ends inside its header", files: () => next(HEAD.subarray(0, 7)) },
  { name: "last-log-header", title: "the last log is a header alone", files: () => next(HEAD) },
  {
    name: "last-log-zeros",
    title: "the last log is all zeros",
    files: () => next(Buffer.alloc(4096)),
  },
  {
    name: "last-log-torn-first",
    title: "the last log ends in its first record",
    files: () =>
      next(Buffer.concat([HEAD, record(payloads(LAST + 1n, [created(1, "/torn")])[0] as Buffer).subarray(0, 30)])),
  },
  {
    name: "middle-log-empty",
    title: "a log of 0 bytes in the middle of what is replayed",
    files: () => change(fromOlder(), MIDDLE_LOG, () => Buffer.alloc(0)),
  },
  {
    name: "log-of-snapshot-empty",
    title: "the log that the newest snapshot lies in has 0 bytes",
    files: () => change(base(), MIDDLE_LOG, () => Buffer.alloc(0)),
  },
  {
    name: "old-log-empty",
    title: "a log before the newest snapshot's has 0 bytes",
    files: () => change(base(), "log.1000002bd", () => Buffer.alloc(0)),
  },
  {
    name: "log-magic",
    title: "the last log's magic is wrong",
    files: () => change(base(), NEWEST_LOG, (bytes) => bytes.fill(0x20, 0, 4)),
  },
  {
    name: "crc-newest",
    title: "a checksum is wrong in the last log",
    files: () => change(base(), NEWEST_LOG, (bytes) => flip(bytes, recordAt(bytes, 3).at + 30)),
  },
  {
    name: "crc-before-snapshot",
    title: "a checksum is wrong in the newest snapshot's log, before the snapshot",
    files: () => change(base(), MIDDLE_LOG, (bytes) => flip(bytes, recordAt(bytes, 30).at + 30)),
  },
  {
    name: "crc-old",
    title: "a checksum is wrong in a log before the newest snapshot's",
    files: () => change(base(), "log.1000002bd", (bytes) => flip(bytes, recordAt(bytes, 30).at + 30)),
  },
  {
    name: "end-mark",
    title: "an end mark is wrong in the middle of what is replayed",
    files: () =>
      change(fromOlder(), MIDDLE_LOG, (bytes) => {
        const { at, length } = recordAt(bytes, 50);
        bytes[at + 12 + length] = 0x43;
        return bytes;
      }),
  },
  {
    name: "end-mark-last",
    title: "the last record's end mark is wrong",
    files: () =>
      change(base(), NEWEST_LOG, (bytes) => {
        const { at, length } = recordAt(bytes, recordCount(bytes) - 1);
        bytes[at + 12 + length] = 0x43;
        return bytes;
      }),
  },
  {
    name: "zero-page",
    title: "a page of zeros in the middle of what is replayed",
    files: () => change(fromOlder(), MIDDLE_LOG, (bytes) => bytes.fill(0, 8192, 12_288)),
  },
  {
    name: "zero-page-newest",
    title: "a page of zeros in the last log",
    files: () => change(remove(fromOlder(), NEWEST_LOG), MIDDLE_LOG, (bytes) => bytes.fill(0, 8192, 12_288)),
  },
  {
    name: "length-huge",
    title: "a record's length is far too large",
    files: () => lengthOf(0x7000_0000),
  },
  { name: "length-minus-one", title: "a record's length is -1", files: () => lengthOf(-1) },
  { name: "length-negative", title: "a record's length is -5", files: () => lengthOf(-5) },
  { name: "length-beyond", title: "a record's length leads beyond the file", files: () => lengthOf(100_000) },
  {
    name: "torn-tail",
    title: "the last record is cut, and the file with it",
    files: () =>
      change(base(), NEWEST_LOG, (bytes) => {
        const { at } = recordAt(bytes, recordCount(bytes) - 1);
        return bytes.subarray(0, at + 25);
      }),
  },
  {
    name: "torn-tail-zeros",
    title: "the last record is cut, and zeros follow",
    files: () =>
      change(base(), NEWEST_LOG, (bytes) => {
        const { at } = recordAt(bytes, recordCount(bytes) - 1);
        return bytes.fill(0, at + 25);
      }),
  },
  { name: "torn-in-head", title: "the last record is cut in its first 12 bytes", files: () => tornAt(() => 7) },
  {
    name: "torn-behind-head",
    title: "the last record is cut behind its first 12 bytes",
    files: () => tornAt(() => 12),
  },
  {
    name: "torn-before-end-mark",
    title: "the last record is cut before its end mark",
    files: () => tornAt((length) => 12 + length),
  },
  {
    name: "torn-at-block",
    title: "zeros from the last block of 512 bytes on that the last records reach into",
    files: () => change(base(), NEWEST_LOG, (bytes) => bytes.fill(0, recordAt(bytes, recordCount(bytes)).at & ~0x1ff)),
  },
  {
    name: "text-mode-log",
    title: "the last log went through a text mode",
    files: () => change(base(), NEWEST_LOG, textMode),
  },
  {
    name: "text-mode-middle-log",
    title: "a log in the middle of what is replayed went through a text mode",
    files: () => change(fromOlder(), MIDDLE_LOG, textMode),
  },
  {
    name: "middle-log-header",
    title: "a log in the middle of what is replayed is a header alone",
    files: () => change(fromOlder(), MIDDLE_LOG, () => HEAD),
  },
  {
    name: "two-last-logs-empty",
    title: "the last two logs have 0 bytes",
    files: () => next(Buffer.alloc(0)).set(`${DATA}log.200000144`, Buffer.alloc(0)),
  },
  {
    name: "empty-log-and-header",
    title: "the last log is a header alone, the one before it has 0 bytes",
    files: () => next(Buffer.alloc(0)).set(`${DATA}log.200000144`, HEAD),
  },
  {
    name: "last-log-empty-of-next-epoch",
    title: "the last log has 0 bytes and is of the next epoch",
    files: () => base().set(`${DATA}log.300000001`, Buffer.alloc(0)),
  },
  {
    name: "torn-in-middle",
    title: "a log is cut in the middle, and the next one goes on behind the hole",
    files: () => change(fromOlder(), MIDDLE_LOG, (bytes) => bytes.subarray(0, recordAt(bytes, 100).at + 25)),
  },
  {
    name: "torn-and-repeated",
    title: "a log ends in a torn record, and the next one begins with the same zxid",
    files: () => {
      const files = fromOlder();
      const middle = files.get(DATA + MIDDLE_LOG) as Buffer;
      const { at } = recordAt(middle, recordCount(middle) - 1);
      const { at: after } = recordAt(middle, recordCount(middle));
      const last = files.get(DATA + NEWEST_LOG) as Buffer;
      files.set(DATA + MIDDLE_LOG, middle.subarray(0, at + 25));
      files.set(`${DATA}log.200000136`, Buffer.concat([HEAD, middle.subarray(at, after), last.subarray(16)]));
      return remove(files, NEWEST_LOG);
    },
  },
  {
    name: "garbage-in-padding",
    title: "the padding behind the last record is not zero",
    files: () =>
      change(base(), NEWEST_LOG, (bytes) => {
        const { at } = recordAt(bytes, recordCount(bytes));
        return bytes.fill(0xa5, at);
      }),
  },
  {
    name: "unknown-type",
    title: "a transaction of an unknown type, 99",
    files: () =>
      change(base(), NEWEST_LOG, (bytes) => {
        const [payload = Buffer.alloc(0)] = payloads(LAST + 1n, [created(1, "/unknown")]);
        payload.writeInt32BE(99, 28);
        return withRecords(bytes, [payload, ...payloads(LAST + 2n, [created(1, "/behind")])]);
      }),
  },
  {
    name: "trailing-in-record",
    title: "a record with bytes behind its transaction, and a right checksum",
    files: () =>
      change(base(), NEWEST_LOG, (bytes) => {
        const [payload = Buffer.alloc(0)] = payloads(LAST + 1n, [created(1, "/trailing")]);
        const next = payloads(LAST + 2n, [created(1, "/behind")]);
        return withRecords(bytes, [Buffer.concat([payload, Buffer.alloc(5, 1)]), ...next]);
      }),
  },
  {
    name: "short-body",
    title: "a record whose transaction is cut short, with a right checksum",
    files: () =>
      change(base(), NEWEST_LOG, (bytes) => {
        const [payload = Buffer.alloc(0)] = payloads(LAST + 1n, [created(1, "/short")]);
        const next = payloads(LAST + 2n, [created(1, "/behind")]);
        return withRecords(bytes, [payload.subarray(0, 40), ...next]);
      }),
  },
  {
    name: "backward",
    title: "a log with a zxid below the one before it",
    files: () =>
      change(base(), NEWEST_LOG, (bytes) => withRecords(bytes, payloads(LAST - 2n, [created(1, "/backward")]))),
  },
  {
    name: "log-named-later",
    title: "the last log's name says a later zxid than it begins with",
    files: () => {
      const files = base();
      const bytes = files.get(DATA + NEWEST_LOG) as Buffer;
      return remove(files, NEWEST_LOG, MIDDLE_LOG).set(`${DATA}log.200000150`, bytes);
    },
  },
  {
    name: "log-named-earlier",
    title: "the last log's name says an earlier zxid than it begins with",
    files: () => {
      const files = base();
      const bytes = files.get(DATA + NEWEST_LOG) as Buffer;
      return remove(files, NEWEST_LOG).set(`${DATA}log.200000110`, bytes);
    },
  },
  {
    name: "two-histories",
    title: "an older log goes on beyond the beginning of the next one",
    files: () => {
      const files = remove(base(), NEWEST_SNAPSHOT, OLDER_SNAPSHOT);
      return change(files, "log.100000340", (bytes) =>
        withRecords(bytes, payloads(0x20000009dn, [created(1, "/other/a"), created(1, "/other-b")])),
      );
    },
  },
];

const HEAD = Buffer.from("5a4b4c47000000020000000000000000", "hex");

/** With one more log. */
function next(bytes: Buffer): Files {
  return base().set(`${DATA}log.200000143`, bytes);
}

/** With the last log cut in its last record: `cut` answers behind how many of its bytes. */
function tornAt(cut: (length: number) => number): Files {
  return change(base(), NEWEST_LOG, (bytes) => {
    const { at, length } = recordAt(bytes, recordCount(bytes) - 1);
    return bytes.subarray(0, at + cut(length));
  });
}

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] as number) ^ 1;
  return bytes;
}

/** Another length of a record in the middle of what is replayed. */
function lengthOf(length: number): Files {
  return change(fromOlder(), MIDDLE_LOG, (bytes) => {
    bytes.writeInt32BE(length, recordAt(bytes, 50).at + 8);
    return bytes;
  });
}
