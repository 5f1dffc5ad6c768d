import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  csv,
  type DataMode,
  exportSnapshot,
  exportTree,
  exportTxns,
  MemorySink,
  ndjson,
  scanForExport,
} from "../../src/export/index.js";
import { CsvRedactor } from "../../src/forensics/redact/redact-csv.js";
import { Redactor } from "../../src/forensics/redact/redact.js";
import { discover, rebuild } from "../../src/recovery/index.js";
import { LARGE_VALUE } from "../../src/storage/large-value.js";
import { isPlain, withoutHidden } from "../../src/text/unsafe.js";
import { fixtureDir, sampled } from "../fixtures/index.js";
import { logBytes, memoryFile, snapshotBytes } from "../fixtures/memory.js";
import { encodeTxn } from "../txn/encode.js";
import { csvRows } from "./csv-rows.js";
import { type NewZnode, stateOf, treeOf } from "./trees.js";

type Row = Record<string, string>;
type Json = Record<string, unknown>;

async function treeRows(znodes: readonly NewZnode[], data: DataMode = "auto"): Promise<Row[]> {
  const sink = new MemorySink();
  await exportTree(stateOf(treeOf(znodes)), sink, { format: csv, source: [], data });
  // Those that every tree has apart.
  return csvRows(sink.toString()).filter(({ path = "" }) => path !== "/" && !path.startsWith("/zookeeper"));
}

/** An object of JSON as a row has it. */
function asRow(object: Json, columns: readonly string[]): Row {
  const { stat, digest, error, ...rest } = object as Json & { stat?: Json; digest?: Json; error?: Json };
  const flat: Json = {
    ...rest,
    ...shownPath(rest["path"] as string | undefined),
    ...stat,
    ...(digest && { digestVersion: digest["version"], digest: digest["value"] }),
    ...(error && { error: error["code"], errorName: error["name"] }),
  };
  return Object.fromEntries(columns.map((name) => [name, cellOf(flat[name])]));
}

/** A path with hidden characters does not stand in a cell as it is. */
function shownPath(path: string | undefined): Json {
  if (path === undefined || withoutHidden(path) === path) return {};
  return { path: withoutHidden(path), pathBase64: Buffer.from(path).toString("base64") };
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function objects(text: string, type: string): Json[] {
  const lines = text.trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Json).filter((each) => each["type"] === type);
}

/** A multi in JSON is several rows. */
function rowsOfTxn({ members = [], ...txn }: Json & { members?: Json[] }, columns: readonly string[]): Row[] {
  const { zxid, time, session, cxid, file, offset } = txn;
  const own = { zxid, time, session, cxid, file, offset };
  return [txn, ...members.map((each, member) => ({ ...each, ...own, member }))].map((each) => asRow(each, columns));
}

describe.each(sampled)("CSV of $title", ({ path, logDir }) => {
  const directory = discover([path], logDir === undefined ? {} : { logDir });

  it("has the znodes of NDJSON, field by field", async () => {
    const state = await rebuild(directory, undefined, { inexact: true });
    const [lines, rows] = [new MemorySink(), new MemorySink()];
    await exportTree(state, lines, { format: ndjson, source: [], data: "base64" });
    await exportTree(state, rows, { format: csv, source: [], data: "base64" });
    const found = csvRows(rows.toString());
    const columns = Object.keys(found[0] ?? {});
    expect(found).toEqual(objects(lines.toString(), "node").map((each) => asRow(each, columns)));
  });

  it("has the transactions of NDJSON, and a row for each member of a multi", async () => {
    const [lines, rows] = [new MemorySink(), new MemorySink()];
    const range = { from: null, to: null };
    await exportTxns(directory.logs, lines, { format: ndjson, source: [], range, data: "hex" });
    await exportTxns(directory.logs, rows, { format: csv, source: [], range, data: "hex" });
    const found = csvRows(rows.toString());
    const columns = Object.keys(found[0] ?? {});
    expect(found).toEqual(objects(lines.toString(), "txn").flatMap((each) => rowsOfTxn(each, columns)));
  });
});

describe("a cell", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each)),
    fc.string({ unit: "binary", maxLength: 20 }).map((each) => Buffer.from(each)),
    fc
      .string({
        unit: fc.constantFrom('"', ",", "\r", "\n", "\t", "\\", "a", "=", "@", "\0", "\u202e", "é"),
        maxLength: 12,
      })
      .map((each) => Buffer.from(each)),
  );

  it("holds any value and any path, and no hidden character", () =>
    fc.assert(
      fc.asyncProperty(
        bytes,
        bytes,
        fc.constantFrom<DataMode>("auto", "utf8", "base64", "hex"),
        async (name, data, mode) => {
          const path = Buffer.concat([Buffer.from("/"), Buffer.from(name.filter((byte) => byte !== 0x2f))]);
          if (path.length === 1) return;
          const row = (await treeRows([{ path, data }], mode))[0] as Row;
          const { encoding, pathBase64 = "" } = row;
          expect(Buffer.from(row["data"] as string, encoding as BufferEncoding)).toEqual(data);
          expect(pathBase64 === "" ? Buffer.from(row["path"] as string) : Buffer.from(pathBase64, "base64")).toEqual(
            path,
          );
          for (const text of Object.values(row)) expect(isShown(text), text).toBe(true);
        },
      ),
    ));

  /** Whether nothing in it is hidden but tabs and ends of lines. */
  function isShown(text: string): boolean {
    return !/(?![\t\r\n])\p{Cc}|[\u202e\u2028]/u.test(text);
  }

  it("is text as it is, a formula too", async () => {
    const row = (await treeRows([{ path: "/a", data: '=1+1,"x"\r\n' }]))[0];
    expect(row).toMatchObject({ data: '=1+1,"x"\r\n', encoding: "utf8" });
  });

  it("tells null data from empty data by the encoding", async () => {
    const rows = await treeRows([
      { path: "/a", data: null },
      { path: "/b", data: Buffer.alloc(0) },
    ]);
    expect(rows.map(({ data, encoding }) => [data, encoding])).toEqual([
      ["", ""],
      ["", "utf8"],
    ]);
  });

  it("of a value that passes by in pieces is base64, or hex", async () => {
    const size = LARGE_VALUE + 7;
    const file = memoryFile("snapshot.100", await snapshotBytes([3, size, 5], (data) => data.fill(0x41)));
    for (const [mode, encoding] of [
      ["auto", "base64"],
      ["hex", "hex"],
    ] as const) {
      const sink = new MemorySink();
      await exportSnapshot(file, await scanForExport(file, mode), sink, { format: csv, source: [] });
      const values = csvRows(sink.toString()).map((row) => Buffer.from(row["data"] ?? "", row["encoding"] as "hex"));
      expect(values.map(({ length }) => length)).toEqual([0, 3, size, 5]);
      expect(
        values[2]?.every((byte) => byte === 0x41),
        encoding,
      ).toBe(true);
    }
  });

  it("of a transaction can be as large", async () => {
    const data = Buffer.alloc(LARGE_VALUE + 5, 0x42);
    const member = { type: 5 as const, path: "/a", data, version: 1 };
    const payload = encodeTxn({ session: 1n, cxid: 1, zxid: 1n, time: 0n }, { type: 14, members: [member, member] });
    const sink = new MemorySink();
    const logs = [memoryFile("log.1", logBytes([payload]))];
    await exportTxns(logs, sink, { format: csv, source: [], range: { from: null, to: null } });
    const rows = csvRows(sink.toString());
    expect(rows.map(({ member: index, op }) => [index, op])).toEqual([
      ["", "multi"],
      ["0", "setData"],
      ["1", "setData"],
    ]);
    for (const row of rows.slice(1)) expect(Buffer.from(row["data"] ?? "", "base64").equals(data)).toBe(true);
  });
});

describe("redacted CSV", () => {
  const redacted = (text: string, pieces: number): string => {
    const redacting = new CsvRedactor(new Redactor(["values", "paths", "ids"], "key"));
    let out = "";
    for (let at = 0; at < text.length; at += pieces) out += redacting.push(text.slice(at, at + pieces));
    return out + redacting.end();
  };

  it("is the same however it comes, and hides paths, values and ids", async () => {
    const sink = new MemorySink();
    const state = await rebuild(discover([fixtureDir("3.8.6-standalone")]));
    await exportTree(state, sink, { format: csv, source: [] });
    const text = sink.toString();
    const whole = redacted(text, text.length);
    for (const pieces of [1, 7, 4096]) expect(redacted(text, pieces)).toBe(whole);
    const [before, after] = [csvRows(text), csvRows(whole)];
    expect(after.length).toBe(before.length);
    for (const [index, row] of after.entries()) {
      const { path, data = "", acl, ...rest } = before[index] as Row;
      if (path !== "/" && !path?.startsWith("/zookeeper")) expect(row["path"]).not.toBe(path);
      if (data.length > 3 && !path?.startsWith("/zookeeper")) expect(row["data"]).not.toBe(data);
      if (/digest|sasl/.test(acl ?? "")) expect(row["acl"]).not.toBe(acl);
      for (const column of ["czxid", "mtime", "version", "ephemeralOwner", "kind", "encoding"])
        expect(row[column]).toBe(rest[column]);
    }
  });

  it("keeps quotes, commas and ends of lines in their cells", () => {
    const text = 'id,what\r\n0x1,"a ""b"", c\r\n"\r\n';
    const [row] = csvRows(redacted(text, 3));
    expect(row?.["id"]).toBe("0x1");
    expect(row?.["what"]).not.toContain("b");
    expect(isPlain(redacted(text, 5).replaceAll("\r\n", ""))).toBe(true);
  });
});
