import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  keyId,
  makeKeys,
  NotSigned,
  opened,
  publicKeysOf,
  signed,
  signerOf,
} from "../../../src/repository/sign/index.js";
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
  expect(() => signerOf(path)).toThrow(/is not an ed25519 secret key/);
});

test("openssl verifies what is signed, by the format page's words alone", () => {
  const { path, key, signer } = keys("b");
  const [document, line] = signed(Buffer.from('{"a":1}'), signer).toString().split("\n") as [string, string];
  const raw = Buffer.from(key.slice("ed25519:".length), "base64");
  const [kind, id, signature] = line.split(" ") as [string, string, string];
  expect([kind, id]).toEqual(["ed25519", createHash("sha256").update(raw).digest("hex").slice(0, 16)]);
  writeFileSync(`${path}.message`, document);
  writeFileSync(`${path}.signature`, Buffer.from(signature, "base64"));
  writeFileSync(`${path}.der`, Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]));
  const args = ["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", `${path}.der`, "-rawin"];
  const files = ["-in", `${path}.message`, "-sigfile", `${path}.signature`];
  expect(execFileSync("openssl", [...args, ...files]).toString()).toContain("Verified Successfully");
});

test("no change of a signed document or of its signature goes unseen", () => {
  const { key, signer } = keys("c");
  const pinned = publicKeysOf([key]);
  const document = Buffer.from('{"objects":["log/1/2-3.aa.bb"]}');
  const bytes = signed(document, signer);
  expect(opened("x", bytes, pinned)).toEqual({ document, trust: "trusted", keyId: keyId(key) });
  const refused = (other: Uint8Array): void => expect(() => opened("x", other, pinned)).toThrow(NotSigned);
  for (let at = 0; at < bytes.length; at++) {
    refused(bytes.subarray(0, at));
    for (const change of [1, 2, 4, 0x20, 0x80]) {
      const other = Buffer.from(bytes);
      other[at] = (other[at] as number) ^ change;
      refused(other);
    }
  }
  refused(Buffer.concat([bytes, Buffer.from("\n")]));
});

test("a reader who pins a key takes neither another's signature nor none; one who pins none is told so", () => {
  const ours = keys("d");
  const theirs = keys("e");
  const pinned = publicKeysOf([ours.key]);
  const forged = signed(Buffer.from("{}"), theirs.signer);
  expect(() => opened("x", forged, pinned)).toThrow(/signed by another key/);
  expect(() => opened("x", Buffer.from("{}\n"), pinned)).toThrow(/not signed/);
  // The key's id is no secret: it can be claimed.
  const claimed = Buffer.from(forged.toString().replace(keyId(theirs.key), keyId(ours.key)));
  expect(() => opened("x", claimed, pinned)).toThrow(/damaged or forged/);
  expect(opened("x", forged, new Set()).trust).toBe("unchecked");
  expect(opened("x", Buffer.from("{}\n"), new Set()).trust).toBe("unsigned");
  const two = Buffer.concat([Buffer.from("{}\n"), forged]);
  expect(() => opened("x", two, pinned)).toThrow(/no signature/);
});

test("what is no public key is refused as a word and in a file", () => {
  expect(() => publicKeysOf(["ed25519:abc"])).toThrow(/not a public key/);
  const path = join(folder(), "pem");
  writeFileSync(path, "-----BEGIN PUBLIC KEY-----\n");
  expect(() => publicKeysOf([path])).toThrow(/not a public key/);
  expect(readFileSync(path, "utf8")).toContain("PUBLIC");
});
