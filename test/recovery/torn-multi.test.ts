import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { discover, rebuild } from "../../src/recovery/index.js";
import { fingerprint } from "../../src/recovery/replay/fingerprint.js";
import { fixtureDir } from "../fixtures/index.js";

test("a snapshot of 3.4 that holds half of its last multi gets the other half from the log", async () => {
  const folder = mkdtempSync(join(tmpdir(), "zkrewind-"));
  try {
    cpSync(fixtureDir("upgraded-torn-multi"), folder, { recursive: true });
    const point = { kind: "zxid" as const, zxid: 0x163n, text: "" };
    const whole = discover([folder]);
    const fromNothing = await rebuild({ ...whole, snapshots: [] }, { point, inclusive: true });
    expect(fromNothing.exact).toBe(true);
    // Without the logs before the one with the multi, and the other snapshots, it is all there is.
    const logs = whole.logs.filter(({ zxid }) => (zxid as bigint) >= 0x10bn);
    const snapshots = whole.snapshots.filter(({ zxid }) => zxid === 0x163n);
    const fromSnapshot = await rebuild({ ...whole, snapshots, logs }, { point, inclusive: true }, { inexact: true });
    expect(fromSnapshot.plan.find(({ use }) => use === "snapshot")).toMatchObject({ file: "snapshot.163" });
    expect(fingerprint(fromSnapshot.tree)).toEqual(fingerprint(fromNothing.tree));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
