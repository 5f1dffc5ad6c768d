import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DataMode, exportTxns, json, type LogRange, MemorySink, ndjson } from "../../src/export/index.js";
import { txnShape } from "../../src/export/shapes/txn.js";
import { discover, isoTime, type StoredFile } from "../../src/recovery/index.js";
import { type Acl, permissionLetters } from "../../src/storage/acl.js";
import type { Finding } from "../../src/findings/finding.js";
import { LogReader } from "../../src/storage/log-reader.js";
import { hex } from "../../src/storage/zxid.js";
import { readTxn, type Txn, TxnCursor } from "../../src/txn/index.js";
import { LARGE_VALUE } from "../../src/storage/large-value.js";
import { fixtureDir, sampled } from "../fixtures/index.js";
import { logBytes, memoryFile } from "../fixtures/memory.js";
import { encodeTxn, type NewTxn } from "../txn/encode.js";

type Line = Record<string, unknown> & { type: string };
const ALL: LogRange = { from: null, to: null };

async function lines(
  logs: readonly StoredFile[],
  range = ALL,
  data: DataMode = "auto",
): Promise<{ all: Line[]; findings: Finding[] }> {
  const sink = new MemorySink();
  const findings: Finding[] = [];
  const onFinding = (each: Finding): void => void findings.push(each);
  await exportTxns(logs, sink, { format: ndjson, source: ["here"], range, data, onFinding });
  return {
    all: sink
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line),
    findings,
  };
}

const txnsOf = (all: readonly Line[]): Line[] => all.filter(({ type }) => type === "txn");

/** Every sound transaction as an object, with its place. */
async function readAll(logs: readonly StoredFile[]): Promise<{ txn: Txn; file: string; offset: number }[]> {
  const list: { txn: Txn; file: string; offset: number }[] = [];
  const cursor = new TxnCursor();
  for (const log of logs) {
    const reader = new LogReader(log.open());
    if (!(await reader.readHead())) continue;
    while (await reader.fill()) {
      while (reader.next()) {
        const shape = cursor.parse(reader.window.block.view, reader.payloadStart, reader.payloadEnd);
        list.push({ txn: readTxn(cursor, shape), file: log.name, offset: reader.recordOffset });
      }
    }
    reader.close();
  }
  return list;
}

/** Schema 1, made from objects the plain way. */
function body(txn: Txn): Record<string, unknown> {
  const { path, data, acl, ephemeral, parentCVersion, ttl, version, timeout, error, paths, members, raw } = txn;
  const text = data ? asText(data) : null;
  return {
    op: txn.op,
    ...(path !== undefined && { path }),
    ...(data !== undefined && { data: data && (text ?? data.toString("base64")) }),
    ...(data && { encoding: text === null ? "base64" : "utf8" }),
    ...(acl !== undefined && { acl: acl && acl.map(aclEntry) }),
    ...(ephemeral !== undefined && { ephemeral }),
    ...(parentCVersion !== undefined && { parentCVersion }),
    ...(ttl !== undefined && { ttl: Number(ttl) }),
    ...(version !== undefined && { version }),
    ...(timeout !== undefined && { timeout }),
    ...(error !== undefined && { error }),
    ...(paths !== undefined && { paths }),
    ...(members !== undefined && { members: members.map(body) }),
    ...(raw !== undefined && { raw: raw.toString("base64") }),
  };
}

function aclEntry({ perms, scheme, id }: Acl): unknown {
  return { perms: permissionLetters(perms), scheme, id };
}

function asText(data: Buffer): string | null {
  const text = data.toString("utf8");
  return Buffer.from(text).equals(data) && !/(?![\t\n\r])\p{Cc}/u.test(text) ? text : null;
}

describe.each(sampled)("the log of $title", ({ path, logDir }) => {
  it("is written as its objects say", async () => {
    const { logs } = discover([path], logDir === undefined ? {} : { logDir });
    const { all, findings } = await lines(logs);
    const read = await readAll(logs);
    expect(read.map(({ txn, ...place }) => txnShape(txn, "auto", place))).toEqual(txnsOf(all));
    const wanted = read.map(({ txn, file, offset }) => ({
      type: "txn",
      zxid: hex(txn.zxid),
      time: isoTime(txn.time),
      session: hex(txn.session),
      cxid: txn.cxid,
      ...body(txn),
      ...(txn.digest && { digest: { version: txn.digest.version, value: String(txn.digest.value) } }),
      file,
      offset,
    }));
    expect(all[0]).toEqual({
      type: "header",
      document: "transactions",
      schema: 1,
      source: ["here"],
      from: null,
      to: null,
    });
    expect(txnsOf(all)).toEqual(wanted);
    expect(all.at(-1)).toEqual({ type: "end", transactions: wanted.length });
    expect(findings).toEqual([]);
  });
});

describe("a range", () => {
  const { logs } = discover([fixtureDir("3.8.6-standalone")]);
  const zxids = async (range: LogRange): Promise<unknown[]> =>
    txnsOf((await lines(logs, range, "none")).all).map(({ zxid }) => zxid);

  it("includes both its ends, within a file and across files", async () => {
    const all = (await readAll(logs)).map(({ txn }) => txn.zxid);
    for (const [from, to] of [
      [1n, 1n],
      [5n, 9n],
      [0x2e9n, 0x2ean],
      [0x2ean, 0x2ean],
      [0x100n, 0xaa1n],
      [null, 0x20n],
      [0xf00n, null],
      [0xffffffffn, null],
      [null, 0n],
    ] as const) {
      const wanted = all.filter((zxid) => (from === null || zxid >= from) && (to === null || zxid <= to)).map(hex);
      expect(await zxids({ from, to }), `${from} ${to}`).toEqual(wanted);
    }
  });

  it("ends at its limit", async () => {
    expect(await zxids({ from: 0x2e8n, to: null, limit: 4 })).toEqual(["0x2e8", "0x2e9", "0x2ea", "0x2eb"]);
    expect(await zxids({ from: null, to: null, limit: 0 })).toEqual([]);
  });

  it("is the same as JSON", async () => {
    const sink = new MemorySink();
    const range = { from: 0x10n, to: 0x20n };
    await exportTxns(logs, sink, { format: json, source: ["here"], range });
    const { all } = await lines(logs, range);
    expect(JSON.parse(sink.toString())).toEqual({
      type: "transactions",
      schema: 1,
      source: ["here"],
      from: "0x10",
      to: "0x20",
      transactions: txnsOf(all),
      counts: { transactions: 17 },
    });
  });
});

describe("damage", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "zkrewind-log-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function damaged(
    change: (bytes: Buffer, offsets: number[]) => Buffer,
  ): Promise<{ all: Line[]; findings: Finding[] }> {
    const from = join(fixtureDir("3.8.6-standalone"), "version-2/log.1");
    const path = join(folder, "log.1");
    copyFileSync(from, path);
    const offsets = (await readAll(discover([path]).logs)).map(({ offset }) => offset);
    writeFileSync(path, change(readFileSync(path), offsets));
    return lines(discover([path]).logs);
  }

  it("of a record's bytes shows it marked, with a finding", async () => {
    const { all, findings } = await damaged((bytes, offsets) => {
      // A bit of the third transaction's time.
      const at = (offsets[2] as number) + 12 + 8 + 4 + 8 + 7;
      bytes[at] = (bytes[at] as number) ^ 1;
      return bytes;
    });
    const marked = txnsOf(all).filter(({ damaged }) => damaged);
    expect(marked).toMatchObject([{ zxid: "0x3", damaged: "log.crc" }]);
    expect(findings).toMatchObject([{ code: "log.crc", zxid: 3n, offset: marked[0]?.["offset"] }]);
  });

  it("of an unknown type keeps the bytes", async () => {
    const { all, findings } = await damaged((bytes, offsets) => {
      bytes.writeInt32BE(99, (offsets[2] as number) + 12 + 28);
      return bytes;
    });
    expect(txnsOf(all)[2]).toMatchObject({ op: "unknown(99)", raw: expect.any(String), damaged: "log.crc" });
    expect(findings).toMatchObject([{ code: "log.crc" }]);
  });

  it("of the frame goes on behind it", async () => {
    const { all, findings } = await damaged((bytes, offsets) => {
      bytes.writeInt32BE(-5, (offsets[2] as number) + 8);
      return bytes;
    });
    expect(
      txnsOf(all)
        .slice(0, 3)
        .map(({ zxid }) => zxid),
    ).toEqual(["0x1", "0x2", "0x4"]);
    expect(findings).toMatchObject([{ code: "log.length", severity: "error" }]);
  });

  it("of the tail says that it is torn", async () => {
    const { all, findings } = await damaged((bytes, offsets) => bytes.subarray(0, (offsets[9] as number) + 20));
    expect(txnsOf(all)).toHaveLength(9);
    expect(findings).toMatchObject([{ code: "log.torn-tail" }]);
  });
});

describe("transactions with large values", () => {
  const text = Buffer.from("zażółć gęślą jaźń 日本語 🦓\n".repeat(60_000));
  const binary = Buffer.alloc(LARGE_VALUE + 1_000_001, 0x8e);
  const small = Buffer.from("small");
  const acl = [{ perms: 31, scheme: "world", id: "anyone" }];
  const created = (path: string, data: Buffer | null): NewTxn => ({
    type: 1,
    path,
    data,
    acl,
    ephemeral: false,
    parentCVersion: 1,
  });
  const set = (path: string, data: Buffer): NewTxn => ({ type: 5, path, data, version: 3 });
  const many = Array.from({ length: 3000 }, (_, index) => created(`/m${index}`, text.subarray(0, 1200)));
  const txns: NewTxn[] = [
    created("/a", small),
    created("/b", text),
    set("/b", binary),
    {
      type: 14,
      members: [created("/c", text), set("/c", binary), { type: 2, path: "/d" }, set("/e", small), set("/f", text)],
    },
    { type: 14, members: many },
    { type: 21, path: "/g", data: binary, acl, parentCVersion: 7, ttl: 9n },
    { type: 2, path: "/h" },
  ];
  let log: StoredFile;
  let wanted: Record<string, unknown>[];

  beforeAll(() => {
    const payloads = txns.map((txn, index) =>
      encodeTxn({ session: 1n, cxid: index, zxid: BigInt(index + 1), time: 5n }, txn),
    );
    const unknown = encodeTxn({ session: 1n, cxid: 0, zxid: 8n, time: 5n }, set("/x", binary));
    unknown.writeInt32BE(99, 28);
    const cursor = new TxnCursor();
    wanted = [...payloads, unknown].map((payload) => {
      const shape = cursor.parse(new DataView(payload.buffer, payload.byteOffset, payload.length), 0, payload.length);
      return body(readTxn(cursor, shape));
    });
    log = memoryFile("log.1", logBytes([...payloads, unknown]));
  });

  it.each([false, true])("are written whole, and in their order; the newest first: %s", async (reverse) => {
    const pieces: Buffer[] = [];
    let largest = 0;
    const slow = {
      async write(bytes: Uint8Array) {
        const piece = Buffer.from(bytes);
        largest = Math.max(largest, piece.length);
        await new Promise(setImmediate);
        expect(piece.equals(bytes)).toBe(true);
        pieces.push(piece);
      },
    };
    await exportTxns([log], slow, { format: json, source: [], range: { ...ALL, reverse } });
    const all = JSON.parse(Buffer.concat(pieces).toString()) as { transactions: Line[] };
    const found = reverse ? all.transactions.toReversed() : all.transactions;
    expect(found.length).toBe(wanted.length);
    for (const [index, line] of found.entries()) {
      const same = JSON.stringify(line).includes(JSON.stringify(wanted[index]).slice(1, -1));
      expect(same, `transaction ${index}`).toBe(true);
    }
    expect(largest).toBeLessThan(3 << 20);
  });
});
