import { expect, test } from "vitest";
import { splitPair, splitPoint } from "../../../src/cli/options/split.js";

test.each([
  ["/app", "/app", null],
  ["/app@0x5", "/app", "zxid"],
  ["/app@home@latest", "/app@home", "latest"],
  ["/app@home", "/app@home", null],
  ["/app@@snapshot.5c1", "/app", "zxid"],
  ["/app@2026-11-23T01:34:44Z", "/app", "time"],
  ["/app\\@0x5", "/app@0x5", null],
  ["/app\\@0x5@-2h", "/app@0x5", "ago"],
])("%s is the path %s at %s", (text, path, kind) => {
  const split = splitPoint(text, undefined);
  expect([split.path, split.point?.kind ?? null]).toEqual([path, kind]);
});

test.each([
  ["/a=/b", { from: "/a", to: "/b" }],
  ["/a\\=b=/c=d", { from: "/a=b", to: "/c=d" }],
  ["/a\\=b", null],
  ["/a", null],
])("%s is %j", (text, pair) => expect(splitPair(text)).toEqual(pair));
