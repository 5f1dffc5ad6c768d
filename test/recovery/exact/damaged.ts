import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adler32 } from "../../../src/checksum/index.js";
import { fixtureDir } from "../../fixtures/index.js";

/** A copy of a real data directory, to be changed; removed with `using`. */
export class Copy {
  readonly folder = mkdtempSync(join(tmpdir(), "zkrewind-exact-"));

  constructor(fixture: string) {
    cpSync(fixtureDir(fixture), this.folder, { recursive: true });
  }

  path(name: string): string {
    return join(this.folder, "version-2", name);
  }

  remove(...names: string[]): this {
    for (const name of names) rmSync(this.path(name));
    return this;
  }

  /** Puts one file's bytes under another's name. */
  replace(name: string, by: string): this {
    writeFileSync(this.path(name), readFileSync(this.path(by)));
    return this;
  }

  swap(a: string, b: string): this {
    const [one, other] = [readFileSync(this.path(a)), readFileSync(this.path(b))];
    writeFileSync(this.path(a), other);
    writeFileSync(this.path(b), one);
    return this;
  }

  edit(name: string, change: (bytes: Buffer) => Buffer | void): this {
    const bytes = readFileSync(this.path(name));
    writeFileSync(this.path(name), change(bytes) ?? bytes);
    return this;
  }

  /** Changes a byte of a transaction's payload; its checksum is made right again unless told not to be. */
  editTransaction(name: string, zxid: bigint, change: (payload: Buffer) => void, checksum = true): this {
    return this.edit(name, (bytes) => {
      const { start, payload } = recordOf(bytes, zxid);
      change(payload);
      if (checksum) bytes.writeBigInt64BE(BigInt(adler32(payload)), start);
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function recordOf(log: Buffer, zxid: bigint): { start: number; payload: Buffer } {
  for (let start = 16; start + 12 < log.length; ) {
    const length = log.readInt32BE(start + 8);
    if (length === 0) break;
    const payload = log.subarray(start + 12, start + 12 + length);
    if (payload.readBigInt64BE(12) === zxid) return { start, payload };
    start += 12 + length + 1;
  }
  throw new Error(`no record of 0x${zxid.toString(16)}`);
}

/** A snapshot with its seals made right: of 3.4, with a digest behind the first (3.6), or with the last zxid there. */
export function reseal(snapshot: Buffer, layout: keyof typeof SEALS): Buffer {
  for (const fromEnd of SEALS[layout]) {
    const at = snapshot.length - fromEnd;
    snapshot.writeBigInt64BE(BigInt(adler32(snapshot.subarray(0, at))), at);
  }
  return snapshot;
}

/** Where the seals begin, from the end of the file. */
const SEALS = { "3.4": [13], "3.6": [46, 13], "3.9 without digest": [34, 13] } as const;
