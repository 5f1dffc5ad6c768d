import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Block } from "../../../src/checksum/index.js";
import { charsetsOf, digestIn } from "../../../src/recovery/charset/charset-digest.js";
import { CHARSETS, type Encoder, encoderOf } from "../../../src/recovery/charset/charset-table.js";
import { discover, type StoredFile, verify } from "../../../src/recovery/index.js";
import { ServerCharset } from "../../../src/recovery/charset/server-charset.js";
import { fromHalves } from "../../../src/storage/zxid.js";
import { addConfigNode } from "../../../src/tree/fresh-tree.js";
import { ChildIndex, type DataTree, freshTree, readZnode } from "../../../src/tree/index.js";
import { TxnCursor } from "../../../src/txn/index.js";
import { fixtureDir } from "../../fixtures/index.js";
import { logBytes, memoryFile } from "../../fixtures/memory.js";
import { encodeTxn } from "../../txn/encode.js";
import { plain } from "../../../src/text/message.js";

const encoders = new Map(CHARSETS.map((charset) => [charset.name, encoderOf(charset)]));
const encoder = (name: string): Encoder => encoders.get(name) as Encoder;

/** A server's tree, and what it logs, with the digests that one of this charset counts. */
class Writer {
  readonly tree: DataTree = freshTree();
  readonly payloads: Buffer[] = [];
  private readonly block = Block.create(1 << 16);
  private readonly cursor = new TxnCursor();
  private zxid = 0n;

  constructor() {
    addConfigNode(this.tree);
  }

  /** `charset` null: in UTF-8. */
  create(path: string, charset: string | null = null, data: Buffer | null = null): this {
    const header = { session: 1n, cxid: 1, zxid: ++this.zxid, time: this.zxid };
    const txn = { type: 1, path, data, acl: null, ephemeral: false, parentCVersion: 1 } as const;
    const bytes = encodeTxn(header, txn);
    this.block.bytes.set(bytes, this.block.start);
    expect(this.cursor.parse(this.block.view, this.block.start, this.block.start + bytes.length)).toBe("ok");
    this.tree.apply(this.cursor, this.block);
    const digest = charset === null ? this.own : digestIn(this.tree, encoder(charset));
    this.payloads.push(encodeTxn(header, txn, { version: 2, value: BigInt.asIntN(64, digest) }));
    return this;
  }

  get own(): bigint {
    return BigInt.asUintN(64, fromHalves(this.tree.znodes.digestHigh, this.tree.znodes.digestLow));
  }

  get log(): StoredFile {
    return memoryFile("log.1", logBytes(this.payloads));
  }
}

async function verified(...logs: StoredFile[]) {
  const { findings } = await verify({
    sources: [],
    snapshots: [],
    logs,
    copies: [],
    epochs: undefined,
    places: [],
    folders: [],
    findings: [],
  });
  const errors = findings.filter(({ severity }) => severity === "error").map(({ code }) => code);
  return { errors, charsets: findings.filter(({ code }) => code === "digest.charset") };
}

/** By its definition, in Latin-1. */
function plainLatin1Digest(tree: DataTree): bigint {
  let sum = 0n;
  for (const slot of new ChildIndex(tree.znodes).walk()) {
    const { path, data, stat } = readZnode(tree, slot);
    if (path.startsWith("/zookeeper/")) continue;
    const name = path === "/" ? "" : path.replace(/[^\0-\xff]/gu, "?");
    const numbers = Buffer.alloc(60);
    [stat.czxid, stat.mzxid, stat.pzxid, stat.ctime, stat.mtime].forEach((value, at) =>
      numbers.writeBigInt64BE(value, at * 8),
    );
    [stat.version, stat.cversion, stat.aversion].forEach((value, at) => numbers.writeInt32BE(value, 40 + at * 4));
    numbers.writeBigInt64BE(stat.ephemeralOwner, 52);
    sum += BigInt(crc32(Buffer.concat([Buffer.from(name, "latin1"), data ?? Buffer.alloc(0), numbers])));
  }
  return BigInt.asUintN(64, sum);
}

describe("a tree's digest in a charset", () => {
  test("is what its definition says, of any paths and data", () => {
    const name = fc.string({ unit: fc.constantFrom("a", "?", "\x80", "é", "ÿ", "€", "中", "😀"), minLength: 1 });
    const znode = fc.tuple(name, fc.option(fc.uint8Array({ maxLength: 300 })));
    fc.assert(
      fc.property(fc.uniqueArray(znode, { selector: ([path]) => path, maxLength: 30 }), (znodes) => {
        const writer = new Writer();
        for (const [path, data] of znodes) writer.create(`/${path}`, null, data && Buffer.from(data));
        writer.create("/zookeeper/größe");
        expect(digestIn(writer.tree, encoder("ISO-8859-1"))).toBe(plainLatin1Digest(writer.tree));
      }),
    );
  });

  test("is the same in charsets that have the same bytes for all paths, and they are told together", () => {
    const writer = new Writer().create("/größe");
    const digest = digestIn(writer.tree, encoder("windows-1252"));
    const names = charsetsOf(writer.tree, digest, () => [...encoders.values()]).map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(["windows-1252", "ISO-8859-1"]);
    expect(names).toContain("ISO-8859-15");
    expect(names).not.toContain("US-ASCII");
    expect(charsetsOf(writer.tree, digest + 1n, () => [...encoders.values()])).toEqual([]);
    expect(charsetsOf(writer.tree, digest + (1n << 32n), () => [...encoders.values()])).toEqual([]);
  });
});

describe("a server's charset", () => {
  test.each(CHARSETS)("$name is found", async ({ name }) => {
    const writer = new Writer();
    for (const path of [
      "/plain",
      "/größe-€",
      "/Привет",
      "/中文-語",
      "/한국어-똠",
      "/ไทย",
      "/ελληνικά",
      "/שלום",
      "/ģ",
      "/ī-ő-ş-ơ-ї",
      "/مرحبا",
    ]) {
      writer.create(path, name);
    }
    const { errors, charsets } = await verified(writer.log);
    expect(errors).toEqual([]);
    expect(charsets.map(({ zxid }) => zxid)).toEqual([2n]);
    expect(charsets[0] && plain(charsets[0].message)).toMatch(new RegExp(`not ASCII in ${name}(,| \\(|;)`));
  });

  test("as the paths tell more, fewer are left that it may be", () => {
    const writer = new Writer().create("/größe");
    const charset = new ServerCharset();
    const explain = (): string =>
      charset.explains(writer.tree, BigInt.asIntN(64, digestIn(writer.tree, encoder("ISO-8859-15"))));
    expect(explain()).toBe("compared");
    expect(charset.names.slice(0, 2)).toEqual(["windows-1252", "ISO-8859-1"]);
    writer.create("/preis-€");
    expect(explain()).toBe("taken");
    expect(charset.settle(writer.tree)).toBe(true);
    expect(charset.names).toEqual(["ISO-8859-15"]);
    expect(charset.found).toBe(1);
  });

  test("another than before is found when a digest is compared, and said", async () => {
    const writer = new Writer();
    for (let each = 0; each < 10; each++) writer.create(`/größe${each}`, "ISO-8859-1");
    for (let each = 0; each < 10; each++) writer.create(`/weiß${each}`, "x-windows-874");
    const { errors, charsets } = await verified(writer.log);
    expect(errors).toEqual([]);
    expect(charsets.map(({ message }) => /not ASCII in ([\w-]+)/.exec(plain(message))?.[1])).toEqual([
      "windows-1252",
      "US-ASCII",
    ]);
  });

  test("a digest that is in none is none, and few are tried", () => {
    const writer = new Writer().create("/größe");
    const charset = new ServerCharset();
    for (let each = 0; each < 4; each++) expect(charset.explains(writer.tree, 1n)).toBe("no");
    // After that not even the right one: no pass over the tree any more.
    expect(charset.explains(writer.tree, digestIn(writer.tree, encoder("GBK")))).toBe("no");
  });

  test("what is not what the server had is no charset: before it is known, and after", async () => {
    for (const wrong of [3, 11, 19]) {
      const writer = new Writer();
      for (let each = 0; each < 20; each++) {
        writer.create(`/größe${each}`, "windows-1252", Buffer.from("data"));
        const last = writer.payloads.length - 1;
        // As if the bytes had changed on the disk, with their checksum.
        if (each === wrong)
          (writer.payloads[last] as Buffer).write("dAtA", (writer.payloads[last] as Buffer).indexOf("data"));
      }
      expect((await verified(writer.log)).errors).toEqual(["digest.mismatch"]);
    }
  });

  test("a real one's is named, once the paths tell it from others", async () => {
    const { findings } = await verify(discover([fixtureDir("3.8.6-windows-1252")]));
    const messages = findings.filter(({ code }) => code === "digest.charset").map(({ message }) => plain(message));
    expect(messages[0]).toMatch(/ in windows-1252 \(or ISO-8859-1, /);
    expect(messages.at(-1)).toMatch(/ in windows-1252(;| \(or (?!ISO-8859-1))/);
  });
});
