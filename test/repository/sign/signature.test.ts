import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeKeys, opened, publicKeysOf, signed, signerOf } from "../../../src/repository/sign/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();

function keys(name: string) {
  const path = join(folder(), name);
  const key = makeKeys(path);
  return { path, key, signer: signerOf(path) };
}

test("a key file is for its owner alone, is never overwritten, and is PEM as openssl makes and reads it", () => {
  const { path, key, signer } = keys("a");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(signer.key).toBe(key);
  expect([...publicKeysOf([`${path}.pub`, key])]).toEqual([key]);
  expect(() => makeKeys(path)).toThrow(/exists already/);
  chmodSync(path, 0o644);
  expect(() => signerOf(path)).toThrow(/every user of this machine may read it/);
  writeFileSync(path, "AGE-SECRET-KEY-1QQQ", { mode: 0o600 });
  chmodSync(path, 0o600);
  expect(() => signerOf(path)).toThrow(/is no ed25519 secret key/);
});

test("openssl verifies what is signed, from the format page's words alone", () => {
  const { path, key, signer } = keys("b");
  const [document, line] = signed("writers/a/1.json", Buffer.from('{"a":1}'), signer).toString().split("\n") as [
    string,
    string,
  ];
  const { signature } = JSON.parse(line) as { signature: string };
  writeFileSync(`${path}.message`, `zkrewind backup 1\nwriters/a/1.json\n${document}\n`);
  writeFileSync(`${path}.signature`, Buffer.from(signature, "base64"));
  const raw = Buffer.from(key.slice("ed25519:".length), "base64");
  writeFileSync(`${path}.der`, Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]));
  const args = ["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", `${path}.der`, "-rawin"];
  const files = ["-in", `${path}.message`, "-sigfile", `${path}.signature`];
  expect(execFileSync("openssl", [...args, ...files]).toString()).toContain("Verified Successfully");
});

test("no change of a signed document, its signature or its name goes unseen", () => {
  const { key, signer } = keys("c");
  const pinned = publicKeysOf([key]);
  const bytes = signed("writers/a/1.json", Buffer.from('{"objects":["log/1/2-3.aa.bb"]}'), signer);
  expect(opened("writers/a/1.json", bytes, pinned)).toMatchObject({ trust: "trusted", key });
  expect(() => opened("writers/a/2.json", bytes, pinned)).toThrow(/does not fit/);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const other = Buffer.from(bytes);
      other[at] = (other[at] as number) ^ change;
      let document: Buffer | undefined;
      try {
        document = opened("writers/a/1.json", other, pinned).document;
      } catch {
        return true;
      }
      // Bits of the last character of base64 that stand for nothing.
      return document.equals(bytes.subarray(0, document.length));
    }),
  );
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), (length) => {
      expect(() => opened("writers/a/1.json", bytes.subarray(0, length), pinned)).toThrow(
        /no document|not signed|no sign/,
      );
    }),
  );
});

test("a reader who pins a key takes neither another's signature nor none; one who pins none is told so", () => {
  const ours = keys("d");
  const theirs = keys("e");
  const pinned = publicKeysOf([ours.key]);
  const forged = signed("head.json", Buffer.from("{}"), theirs.signer);
  expect(() => opened("head.json", forged, pinned)).toThrow(/signed by another key/);
  expect(() => opened("head.json", Buffer.from("{}\n"), pinned)).toThrow(/not signed/);
  expect(opened("head.json", forged, new Set()).trust).toBe("unpinned");
  expect(opened("head.json", Buffer.from("{}\n"), new Set()).trust).toBe("unsigned");
  // Two documents under one signature.
  const two = Buffer.concat([Buffer.from("{}\n"), forged]);
  expect(() => opened("head.json", two, pinned)).toThrow(/no signature/);
});

test("what is no public key is refused as a word and in a file", () => {
  expect(() => publicKeysOf(["ed25519:abc"])).toThrow(/no public key/);
  const path = join(folder(), "pem");
  writeFileSync(path, "-----BEGIN PUBLIC KEY-----\n");
  expect(() => publicKeysOf([path])).toThrow(/no public key/);
  expect(readFileSync(path, "utf8")).toContain("PUBLIC");
});
