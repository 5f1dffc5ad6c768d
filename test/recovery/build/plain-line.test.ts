import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readTree } from "../../../src/recovery/index.js";
import { ZkRewindError } from "../../../src/findings/finding.js";
import { aclAt, type DataTree, STAT_LENGTH } from "../../../src/tree/index.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runs } from "../../thorough.js";

const folder = temporaryFolder();

/** All that lines give: the znodes' records with their parents and ACLs, or what is said of lines that cannot be. */
async function readingOf(file: string, plainLines: boolean): Promise<unknown> {
  try {
    const { tree, ...rest } = await readTree(file, undefined, plainLines);
    return { ...rest, ...everythingOf(tree) };
  } catch (error) {
    if (!(error instanceof ZkRewindError)) throw error;
    return error.message;
  }
}

function everythingOf({ znodes, acls, sessions, ephemerals }: DataTree): object {
  const records: unknown[] = [];
  for (let slot = 0; slot < znodes.slots; slot++) {
    const record = znodes.recordOf(slot);
    const end = aclAt(znodes.viewOf(slot), record) + 8 + STAT_LENGTH;
    records.push([znodes.parent(slot), znodes.memoryOf(slot).bytes.toString("latin1", record, end)]);
  }
  return { records, acls: [...acls.pairs()], sessions: sessions.sorted(), ephemerals };
}

/** Mostly the first, now and then one of the others. */
function mostly<T>(usual: fc.Arbitrary<T>, ...odd: T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const zxid = mostly(
  fc.bigInt(0n, 0x2_0000_0000n).map(hex),
  ...[1n, 0xffff_ffffn, 0x2_0000_0001n, 2n ** 63n, 2n ** 64n - 1n].map(hex),
  "0x00000000000000001",
  "0xA",
);
const time = mostly(
  fc.integer({ min: 0, max: 2 ** 42 }).map((millis) => new Date(millis).toISOString()),
  "2023-02-30T01:02:03.004Z",
  "1969-12-31T23:59:59.999Z",
  "0001-01-01T00:00:00.000Z",
  "2023-11-18T24:00:00.000Z",
  "2023-11-18T25:00:00.000Z",
  "2023-11-18T08:11:52Z",
  "+012023-11-18T08:11:52.298Z",
  "-9223372036854775808",
  "2023-13-18T08:11:52.298Z",
);
const int = mostly(fc.nat(20), -1, -2147483648, 2147483647, 2147483648, 0.5, 1e21);
const acl = mostly<unknown>(
  fc.constantFrom<unknown>(
    [{ perms: "cdrwa", scheme: "world", id: "anyone" }],
    [{ perms: "r", scheme: "digest", id: 'x],"stat":{"czxid":"0x' }],
    [
      { perms: "cd", scheme: "ip", id: "10.0.0.0/8" },
      { perms: "", scheme: "auth", id: null },
    ],
  ),
  [],
  null,
  [{ perms: "q", scheme: "world", id: "anyone" }],
);
const name = mostly(fc.constantFrom("a", "b", "zk"), ".", "..", ".x", "", 'q"', "b\\", "é", "\u0001", "\u007f", "/");
const data = fc.oneof(
  fc.constantFrom<string | null>(null, "", '{"host":"10.2.24.32"}', "two\nlines\\", "\t", "é", "\u007f", "\ud800"),
  fc.string({ maxLength: 40 }),
);
const kind = mostly<string>(fc.constant("persistent"), "ephemeral", "container", "none");
const OWNERS: Readonly<Record<string, string>> = { ephemeral: "0x5", container: "0x8000000000000000" };

/** One znode more: below one of those before it, most often. */
const step = fc.record({
  above: fc.nat(60),
  name,
  /** Whether it has a name of its own. */
  isNew: mostly(fc.constant(true), false),
  data,
  acl,
  zxids: fc.tuple(zxid, zxid, zxid),
  times: fc.tuple(time, time),
  int,
  kind,
  how: fc.nat(150),
  place: fc.nat(400),
  byte: fc.nat(255),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const DOTS: ReadonlySet<string> = new Set([".", ".."]);

function linesOf(steps: readonly Step[]): string[] {
  const paths = [""];
  return steps.map((each, index) => {
    const own = `${paths[each.above % paths.length]}/${each.name}${each.isNew && !DOTS.has(each.name) ? index : ""}`;
    if (each.kind === "persistent") paths.push(own);
    return written(lineOf(own, each), each);
  });
}

function lineOf(path: string, each: Step): object {
  const [czxid, mzxid, pzxid] = each.zxids;
  const [ctime, mtime] = each.times;
  const stat = { czxid, mzxid, pzxid, ctime, mtime, version: each.int, cversion: 0, aversion: 1 };
  const rest = { ephemeralOwner: OWNERS[each.kind] ?? "0x0", dataLength: 1, numChildren: 0 };
  const { data: value, acl: list } = each;
  return { type: "node", path, data: value, encoding: "utf8", acl: list, stat: { ...stat, ...rest }, kind: each.kind };
}

/** As it is, or with something in it that a person or program might have written otherwise. */
function written(each: object, { how, place, byte }: Step): string {
  const text = JSON.stringify(each);
  const at = place % text.length;
  if (how === 0) return text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1);
  if (how === 1) return text.slice(0, at) + text.slice(at + 1);
  if (how === 2) return text.slice(0, at);
  if (how === 3) return `${text.slice(0, at)} ${text.slice(at)}`;
  if (how === 4) return text.replace('"stat"', '"path":"/other","acl":[],"stat"');
  if (how === 5) return JSON.stringify(Object.fromEntries(Object.entries(each).reverse()));
  return text;
}

test("lines that are read from their bytes are what JSON.parse and the rest make of them, whatever is in them", async () => {
  const header = '{"type":"header","document":"tree","schema":1,"at":{"zxid":"0x200000000"}}';
  const steps = fc.array(step, { minLength: 1, maxLength: 12 });
  const property = fc.asyncProperty(steps, fc.boolean(), fc.boolean(), async (list, headed, isUtf8) => {
    const file = join(folder(), "tree.ndjson");
    const lines = headed ? [header, ...linesOf(list), '{"type":"end"}'] : linesOf(list);
    writeFileSync(file, Buffer.from(lines.join("\n"), isUtf8 ? "utf8" : "latin1"));
    const reading = await readingOf(file, true);
    expect(reading).toEqual(await readingOf(file, false));
    if (typeof reading === "object") built++;
  });
  let built = 0;
  await fc.assert(property, runs(5000, 200));
  expect(built).toBeGreaterThan(20);
}, 300_000);
