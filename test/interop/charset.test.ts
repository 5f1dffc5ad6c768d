import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { charsetsOf, digestIn } from "../../src/recovery/charset/charset-digest.js";
import { CHARSETS, encoderOf } from "../../src/recovery/charset/charset-table.js";
import { openBytes } from "../../src/io/open-bytes.js";
import { type DataTree, loadSnapshot } from "../../src/tree/index.js";
import { compiled } from "./java.js";
import { scratchFolder } from "./scratch.js";

const RELEASE = "3.8.6";

/** Every character that a path can have, each in a path of its own; some together. Parents first. */
function everyPath(): string[] {
  const paths = ["/plain", "/zookeeper/größe", "/zookeeperß", "/größe", "/größe/€", "/größe/中文 Привет ไทย"];
  for (let character = 0xa0; character < 0xfff0; character++) {
    if (character < 0xd800 || character >= 0xf900) paths.push(`/größe/${String.fromCharCode(character)}-€`);
  }
  return paths;
}

describe(`ZooKeeper ${RELEASE} in other charsets has the digests that are computed here`, () => {
  test("of all of them, one by one", async () => {
    const folder = scratchFolder();
    const snapshot = join(folder, "snapshot.1");
    writeFileSync(
      join(folder, "paths"),
      everyPath()
        .map((path) => `${path}\n`)
        .join(""),
    );
    tell("UTF-8", "make", snapshot, join(folder, "paths"));
    const { tree } = await loadSnapshot(openBytes(snapshot));
    const encoders = CHARSETS.map(encoderOf);
    expect(digestTold("UTF-8", snapshot)).toEqual({ charset: "UTF-8", digest: own(tree) });
    const asked: string[] = [];
    for (const encoder of encoders) {
      const { charset, digest } = digestTold(encoder.name, snapshot);
      // A code page that only Java for Windows starts with; charset-table.test.ts has what Java encodes in it.
      if (charset !== encoder.name) continue;
      asked.push(charset);
      expect(digestIn(tree, encoder), charset).toBe(digest);
      // No other charset has all paths the same.
      expect(charsetsOf(tree, digest, () => encoders)).toEqual([encoder]);
    }
    expect(asked.length).toBeGreaterThan(20);
  });
});

function digestTold(encoding: string, snapshot: string): { charset: string; digest: bigint } {
  const [charset = "", digest = ""] = tell(encoding, "tell", snapshot).split(" ");
  return { charset, digest: BigInt(digest) };
}

/** What TreeDigests says, last, in a JVM of this charset. */
function tell(charset: string, ...args: string[]): string {
  const jvm = ["-Xmx512m", "-XX:TieredStopAtLevel=1", `-Dfile.encoding=${charset}`];
  const classes = compiled(RELEASE, "java-digest");
  const said = execFileSync("java", [...jvm, "-cp", classes, "TreeDigests", ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return said.trimEnd().split("\n").at(-1) ?? "";
}

function own({ znodes }: DataTree): bigint {
  return BigInt.asUintN(64, (BigInt(znodes.digestHigh) << 32n) + BigInt(znodes.digestLow));
}
