import { adler32 } from "../../../src/checksum/index.js";
import { base, NEWEST_LOG, NEWEST_SNAPSHOT } from "../../recovery/servers/base.js";
import type { ServerCase } from "../../recovery/servers/cases.js";
import { change, type Files, fixtureFiles } from "../../recovery/servers/files.js";

/** A seal: the Adler-32 of all bytes before it, as a long, then the string "/". In bytes. */
const SEAL = 13;
/** Where a snapshot's sessions are counted; each takes 12 bytes, and the ACL map follows them. */
const SESSIONS = 16;

/** Kinds of damage that no case of recovery/servers has; each code is what is found. */
export const MORE_CASES: readonly (ServerCase & { code: string })[] = [
  snapshot("snapshot.no-seal", (bytes) => bytes.subarray(0, -SEAL)),
  snapshot("snapshot.end-mark", (bytes) => set(bytes, bytes.length - 1, 0x2e)),
  snapshot("snapshot.length", (bytes) => write(bytes, SESSIONS, -1)),
  snapshot("snapshot.acl-map", (bytes) => write(bytes, aclMap(bytes), 0x7fffffff)),
  sealed("snapshot.repeated-id", (bytes) => set(bytes, SESSIONS + 4 + 12, bytes.subarray(SESSIONS + 4, SESSIONS + 12))),
  sealed("snapshot.path", (bytes) => replaced(bytes, "/zookeeper", "xzookeeper")),
  sealed("snapshot.orphan", (bytes) => replaced(bytes, "/zookeeper/quota", "/zooXeeper/quota")),
  sealed("acl.dangling", (bytes) => set(bytes, aclMap(bytes) + 4 + 7, 0x7f)),
  {
    name: "snapshot.digest",
    code: "snapshot.digest",
    title: "the newest snapshot has another tree's digest",
    files: () => {
      const files = fixtureFiles("3.8.6-standalone");
      // Before the last seal: zxid, version and digest.
      return change(files, "snapshot.e3c", (bytes) => reseal(set(bytes, bytes.length - SEAL - 1, 0x55)));
    },
  },
  {
    name: "file.text-mode",
    code: "file.text-mode",
    title: "the newest log was copied in a text mode",
    files: () =>
      change(base(), NEWEST_LOG, (bytes) => Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r\n"), "latin1")),
  },
];

function snapshot(code: string, how: (bytes: Buffer) => Buffer): ServerCase & { code: string } {
  return {
    name: code,
    code,
    title: `the newest snapshot has ${code}`,
    files: (): Files => change(base(), NEWEST_SNAPSHOT, how),
  };
}

/** The same with a seal that is right. */
function sealed(code: string, how: (bytes: Buffer) => Buffer): ServerCase & { code: string } {
  return snapshot(code, (bytes) => reseal(how(bytes)));
}

function reseal(bytes: Buffer): Buffer {
  const end = bytes.length - SEAL;
  bytes.writeBigInt64BE(BigInt(adler32(bytes.subarray(0, end))), end);
  return bytes;
}

function aclMap(bytes: Buffer): number {
  return SESSIONS + 4 + bytes.readInt32BE(SESSIONS) * 12;
}

function set(bytes: Buffer, at: number, value: number | Buffer): Buffer {
  bytes.set(typeof value === "number" ? [value] : value, at);
  return bytes;
}

function write(bytes: Buffer, at: number, value: number): Buffer {
  bytes.writeInt32BE(value, at);
  return bytes;
}

/** A path, with its length before it, becomes another of that length. */
function replaced(bytes: Buffer, from: string, to: string): Buffer {
  const length = Buffer.from([0, 0, 0, from.length]);
  const at = bytes.indexOf(Buffer.concat([length, Buffer.from(from)]));
  if (at < 0) throw new Error(`there is no ${from}`);
  return set(bytes, at + 4, Buffer.from(to));
}
