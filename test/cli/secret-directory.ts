import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JuteWriter } from "../../src/jute/index.js";
import { type Acl, encodeAcl } from "../../src/storage/acl.js";
import { LogWriter } from "../../src/storage/log-writer.js";
import { SnapshotWriter } from "../../src/storage/snapshot-writer.js";
import { encodeTxn, type NewTxn } from "../txn/encode.js";
import { PlainFile } from "./files.js";
import { linesFor } from "./lines.js";

/** Sixteen letters and digits that nothing else has: where one shows, something was not hidden. */
export class Secrets {
  readonly all: string[] = [];
  private seed = 0x9e3779b9;

  next(): string {
    let token = "";
    while (token.length < 16) {
      this.seed ^= this.seed << 13;
      this.seed ^= this.seed >>> 17;
      this.seed ^= this.seed << 5;
      const letters = token === "" ? LETTERS.slice(0, 26) : LETTERS;
      token += letters[(this.seed >>> 0) % letters.length];
    }
    this.all.push(token);
    return token;
  }

  /** The first secret that a text shows: as it is, in hex, or in base64 at any of its three places. */
  shownIn(text: string): string | undefined {
    return this.all.find((token) => formsOf(token).some((form) => text.includes(form)));
  }
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

function formsOf(token: string): string[] {
  const inBase64 = ["", "x", "xx"].map((before) => {
    const text = Buffer.from(before + token).toString("base64");
    // What depends on the bytes around it is left out.
    return text.slice(before.length === 0 ? 0 : 4, -4);
  });
  return [token, Buffer.from(token).toString("hex"), ...inBase64];
}

/** What stands within the names of znodes: all that a search for paths in sentences would stumble over. */
const ODD = [
  " ",
  '"',
  "'",
  ";",
  ",",
  "(",
  ")",
  ": ",
  "\n",
  "=",
  "<",
  " -> ",
  "\\",
  "ü",
  "\u202e",
  ".",
  "/",
  "\x1b[35m",
  "\x7f",
  "\u009b35m",
  "\u061c",
  "\u00ad",
  "\u{e0041}",
  "\u200b",
  "\u2028",
  "\u2067",
  "\ufeff",
  "\ufe0f",

  badUtf8(),
];

function badUtf8(): string {
  return "\u001f\u001f\u001f";
}

/** Where a text has three such characters, the bytes have three that no UTF-8 has. */
function withBadUtf8(bytes: Buffer): Buffer {
  for (let at = bytes.indexOf(badUtf8()); at >= 0; at = bytes.indexOf(badUtf8(), at + 3))
    bytes.set([0xff, 0xfe, 0xfd], at);
  return bytes;
}

export interface SecretDirectory {
  folder: string;
  /** A znode that is there, one whose name has a blank and a quote, and a session. */
  path: string;
  oddPath: string;
  /** Names with all that may not reach a terminal; the third has such a value. */
  odd: readonly string[];
  session: string;
}

const SESSION = 0x100000001n;
const TIME = 1_700_000_000_000n;
const OPEN: Acl[] = [{ perms: 31, scheme: "world", id: "anyone" }];

/** A directory with every kind of transaction, in which nothing is wrong. */
export async function soundDirectory(folder: string, secrets: Secrets): Promise<SecretDirectory> {
  const { version, path, oddPath, odd: names, txns } = begin(folder, secrets);
  await writeSnapshot(version, 0n, [
    ["", null],
    ["/zookeeper", null],
    ["/zookeeper/quota", null],
  ]);
  await writeLog(version, txns);
  return { folder, path, oddPath, odd: names, session: "0x100000001" };
}

/** The same with all that a scan and a replay find wrong, a path in each. */
export async function damagedDirectory(folder: string, secrets: Secrets): Promise<SecretDirectory> {
  const { version, path, oddPath, odd: names, txns } = begin(folder, secrets);
  const t = (): string => secrets.next();
  const odd = (): string => `/${t()} ${t()}, "${t()}" (${t()}); ${t()}`;
  const duplicate = odd();
  await writeSnapshot(version, 0n, [
    ["", null],
    ["/zookeeper", null],
    ["/zookeeper/quota", null],
  ]);
  await writeSnapshot(
    version,
    BigInt(txns.length),
    [
      ["", null],
      ["/zookeeper", null],
      ["/zookeeper/quota", null],
      [`/zookeeper/quota/${t()} ${t()}`, null],
      [odd(), t(), { acl: 77n }],
      [duplicate, t()],
      [duplicate, t()],
      [`${odd()}${odd()}`, t()],
      [odd().slice(1), t()],
      [odd(), t(), { owner: 0x99n }],
    ],
    [[5n, 3000]],
  );
  const misfits: NewTxn[] = [
    { type: 2, path: odd() },
    { type: 5, path: odd(), data: Buffer.from(t()), version: 7 },
    { type: 1, path: `${odd()}${odd()}`, data: null, acl: OPEN, ephemeral: false, parentCVersion: 1 },
    { type: 1, path, data: Buffer.from(t()), acl: OPEN, ephemeral: false, parentCVersion: 1 },
  ];
  const last = { type: 1 as const, path: odd(), data: null, acl: OPEN, ephemeral: false, parentCVersion: 90 };
  await writeLog(version, [...txns, ...misfits, "unknown type", "wrong checksum", last], secrets);
  writeFileSync(join(version, "currentEpoch"), t());
  writeFileSync(join(version, "snapshot.7000"), t());
  return { folder, path, oddPath, odd: names, session: "0x100000001" };
}

function begin(folder: string, secrets: Secrets) {
  const version = join(folder, "version-2");
  mkdirSync(version, { recursive: true });
  const t = (): string => secrets.next();
  const path = `/${t()}`;
  const odd = ODD.map((each) => `${path}/${t()}${each === "/" ? "-" : each}${t()}`);
  const oddPath = odd[0] as string;
  const ids: Acl[] = [
    { perms: 31, scheme: "digest", id: `${t()}:${t()}` },
    { perms: 1, scheme: "ip", id: `${t()}.${t()}` },
    { perms: 3, scheme: "sasl", id: `${t()}/${t()} ${t()}@${t()}` },
    { perms: 1, scheme: t(), id: `CN=${t()},OU=${t()}` },
  ];
  const create = (name: string, data: string | null, acl = OPEN, ephemeral = false): NewTxn => {
    return { type: 1, path: name, data: data === null ? null : Buffer.from(data), acl, ephemeral, parentCVersion: 1 };
  };
  const set = (name: string, data: string, version: number): NewTxn => {
    return { type: 5, path: name, data: Buffer.from(data), version };
  };
  const [json, text, binary, open] = [odd[1], odd[2], odd[3], odd[4]] as [string, string, string, string];
  const held = `${path}/${t()} ${t()}`;
  const txns: NewTxn[] = [
    { type: -10, timeout: 30_000 },
    create(path, t()),
    ...odd.map((each) => create(each, null)),
    create(held, t(), OPEN, true),
    { type: 19, path: `${path}/${t()}`, data: null, acl: OPEN, parentCVersion: 1 },
    { type: 21, path: `${path}/${t()}`, data: Buffer.from(t()), acl: ids, parentCVersion: 1, ttl: 5000n },
    set(json, `{"${t()}":"${t()}","n":[{"${t()}":5,"host":"${t()}.example"}]}`, 1),
    set(json, `{"${t()}":"${t()}","n":[{"${t()}":6}]}`, 2),
    set(text, `${t()}=${t()}\n${t()}: ${t()}\n`, 1),
    set(text, `${t()}=${t()}\n\x1b[35m${t()}: /${t()} ${t()}\n`, 2),
    { type: 5, path: binary, data: Buffer.concat([Buffer.of(0, 1, 2, 255), Buffer.from(t())]), version: 1 },
    { type: 5, path: binary, data: Buffer.concat([Buffer.of(0, 9, 2, 255), Buffer.from(t())]), version: 2 },
    { type: 7, path: open, acl: ids, version: 1 },
    { type: 14, members: [set(open, t(), 1), { type: 13, path: open, version: 1 }, create(`${path}/${t()}`, t())] },
    {
      type: 14,
      members: [
        { type: -1, error: 0 },
        { type: -1, error: -101 },
      ],
    },
    { type: -1, error: -110 },
    {
      type: 16,
      path: "/zookeeper/config",
      data: Buffer.from(`server.1=${t()}:2888:3888:participant;${t()}:2181\nversion=0`),
      version: 1,
    },
    create(`/zookeeper/quota${path}`, null),
    create(`/zookeeper/quota${path}/zookeeper_limits`, "count=5,bytes=-1"),
    create(`/zookeeper/quota${path}/zookeeper_stats`, "count=1,bytes=16"),
    { type: 2, path: odd[5] as string },
    create(odd[5] as string, t()),
    { type: -11, paths: [held] },
    { type: -10, timeout: 10_000 },
    create(`${path}/${t()}`, t(), OPEN, true),
  ];
  return { version, path, oddPath, odd: odd.filter((each) => !each.includes(badUtf8())), txns };
}

type Line = NewTxn | "unknown type" | "wrong checksum";

async function writeLog(version: string, txns: readonly Line[], secrets?: Secrets): Promise<void> {
  const writer = new LogWriter(new PlainFile(join(version, "log.1")));
  await writer.begin();
  for (const [index, txn] of txns.entries()) {
    const zxid = BigInt(index + 1);
    const header = { session: SESSION, cxid: index, zxid, time: TIME + zxid * 1000n };
    if (txn === "unknown type") {
      const token = secrets?.next() ?? "";
      const bytes = new JuteWriter().long(SESSION).int(index).long(zxid).long(header.time).int(99).string(token).bytes;
      writer.add(Buffer.from(bytes));
    } else if (txn === "wrong checksum")
      writer.add(encodeTxn(header, { type: 2, path: `/${secrets?.next()} ${secrets?.next()}` }), 1n);
    else writer.add(withBadUtf8(encodeTxn(header, txn)));
  }
  await writer.finish();
}

type Znode = [path: string, data: string | null, more?: { acl?: bigint; owner?: bigint }];

async function writeSnapshot(
  version: string,
  zxid: bigint,
  znodes: readonly Znode[],
  sessions: readonly (readonly [bigint, number])[] = [],
): Promise<void> {
  const writer = new SnapshotWriter(new PlainFile(join(version, `snapshot.${zxid.toString(16)}`)));
  await writer.begin(
    sessions.map(([id, timeout]) => ({ id, timeout })),
    [{ id: 1n, acl: encodeAcl(OPEN) }],
  );
  for (const [path, data, { acl = -1n, owner = 0n } = {}] of znodes) {
    const out = new JuteWriter()
      .string(path)
      .bytesOf(data === null ? null : Buffer.from(data))
      .long(acl);
    out.long(zxid).long(zxid).long(TIME).long(TIME).int(0).int(0).int(0).long(owner).long(zxid);
    const record = withBadUtf8(Buffer.from(out.bytes));
    await writer.add(record, 0, record.length, Number(acl));
  }
  await writer.finish({ digest: false, lastZxid: true }, zxid, 0n);
}

/**
 * Every command that takes --redact, in each of its formats and in more ways; and what goes wrong with a znode, a glob or
 * a word of the user's.
 */
export async function runs(directory: SecretDirectory, secrets: Secrets): Promise<string[][]> {
  const { folder, path, session } = directory;
  const lines = await linesFor({ source: folder, path, session, from: "0x2" });
  const each = lines
    .filter(({ entry }) => entry.redacts)
    .flatMap(({ args, formats, options }) =>
      formats.map((format) => [...args, ...(options.has("--inexact") ? ["--inexact"] : []), "--format", format]),
    );
  return [...each, ...more(directory, secrets)];
}

function more({ folder, path, oddPath }: SecretDirectory, secrets: Secrets): string[][] {
  const log = join(folder, "version-2/log.1");
  return [
    ["verify", folder, "--no-replay"],
    ["log", folder, "--data"],
    ["log", folder, "--stats"],
    ["log", folder, "--stats", "--json"],
    ["log", folder, "--format", "ndjson", "--data", "base64"],
    ["log", log, "--path", `${oddPath}**`],
    ["export", folder, "--inexact", "--format", "csv", "--data", "base64"],
    ...["text", "json", "ndjson"].map((format) => ["ls", folder, path, "-lR", "--inexact", "--format", format]),
    ["cat", folder, path, "--inexact", "--data", "hex"],
    ["stat", folder, oddPath, "--inexact"],
    ["stat", folder, oddPath, "--inexact", "--json"],
    ["export", folder, "--txns"],
    ["export", folder, "--inexact", "--data", "hex"],
    ["export", join(folder, "version-2/snapshot.0"), "--order", "file"],
    ["history", folder, "/", "-r", "--data"],
    ["sessions", folder, "--all", "--inexact"],
    ["sessions", folder, "--all", "--inexact", "--json"],
    ["diff", folder, "--from", "0x2", "--to", "0x28", "--inexact"],
    ["diff", folder, "--from", "0x2", "--to", "0x28", "--all", "--stat", "--inexact"],
    ["undo", folder, "--from", "0x2", "--to", "0x28", "--inexact"],
    ["find", folder, path, "--basename", "*", "--audit", "all", "--near", "0", "--inexact"],
    ["find", folder, "--audit", "all", "--near", "0", "--json", "--inexact"],
    ["du", folder, "/", "--depth", "9", "--inexact"],
    ["du", folder, "/", "--depth", "9", "--inexact", "--json"],
    ["du", folder, "--from", "0x3", "--inexact"],
    ["explain", `java.io.IOException: NoNode for ${oddPath}: CRC check failed`, folder],
    ["explain", `CRC check failed ${path}`, folder, "--json"],
    // What is not there, and what cannot be.
    ["stat", folder, `${oddPath}/${secrets.all[0]} ${secrets.all[1]}`, "--inexact"],
    ["cat", folder, `${path}/x`, "--inexact"],
    ["history", folder, `${path} and more`],
    ["ls", folder, path.slice(1)],
    ["log", folder, "--path", path.slice(1)],
    ["log", folder, "--op", path],
    ["log", folder, "--session", path],
    ["log", folder, "--from", path],
    ["find", folder, "--size", path],
    ["find", folder, "--now", path],
    ["stat", folder, path, "--tz", oddPath],
    ["stat", folder, path, path, path],
    ["stat", folder, path, `--limit=${path}`],
    ["stat", folder, path, `-${oddPath}`],
    [oddPath, folder],
    ["explain", oddPath],
  ];
}
