import { cpSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { discover, verify, type Verification } from "../../../src/recovery/index.js";
import { planRetention } from "../../../src/repository/prune/local.js";
import type { Policy } from "../../../src/repository/prune/points.js";
import { say } from "../../../src/text/message.js";
import { fixtureDir } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();

async function keptOf(
  name: string,
  policy: Policy,
): Promise<{ whole: Verification; kept: Verification; gone: string[] }> {
  const source = fixtureDir(name);
  const whole = await verify(discover([source]));
  const { fates } = planRetention(whole, policy, Date.now());
  const copy = join(folder(), name, "version-2");
  mkdirSync(copy, { recursive: true });
  const files = [...whole.snapshots, ...whole.logs];
  for (const [index, { isKept }] of fates.entries()) {
    const path = files[index]?.path as string;
    if (isKept) cpSync(path, join(copy, basename(path)));
  }
  return {
    whole,
    kept: await verify(discover([copy])),
    gone: fates.filter(({ isKept }) => !isKept).map((each) => each.name),
  };
}

test.each(["3.8.6-standalone", "3.5.10-standalone", "3.4.14-standalone"])(
  "%s: with only what is kept, the newest point and all of the window are exact as before",
  async (name) => {
    const { whole, kept, gone } = await keptOf(name, { window: 60_000, daily: 1, weekly: 0 });
    const newest = whole.exact?.at(-1);
    expect(kept.exact?.at(-1)?.to).toBe(newest?.to);
    const { logs } = whole;
    const last = Number(logs.at(-1)?.runs.at(-1)?.lastTime);
    // Whole runs: the points within are theirs.
    for (const run of logs.flatMap(({ runs }) => runs))
      if (Number(run.firstTime) >= last - 60_000)
        expect(
          kept.exact?.some(({ from, to }) => from <= run.first && run.last <= to),
          `${run.first}`,
        ).toBe(whole.exact?.some(({ from, to }) => from <= run.first && run.last <= to));
    expect(new Set(gone).size).toBe(gone.length);
  },
);

test("without a window, older files may go; and something does", async () => {
  const { kept, whole, gone } = await keptOf("3.8.6-standalone", { window: 0, daily: 0, weekly: 0 });
  expect(gone.length).toBeGreaterThan(0);
  expect(kept.exact?.at(-1)?.to).toBe(whole.exact?.at(-1)?.to);
  expect(kept.startable.starts).toBe(whole.startable.starts);
});

test("as long as a kept point is not exact, everything is kept; what is damaged is kept", async () => {
  const whole = await verify(discover([fixtureDir("3.8.6-standalone")]));
  const { fates, points } = planRetention({ ...whole, exact: [] }, { window: 0, daily: 0, weekly: 0 }, Date.now());
  expect(points).toMatchObject([{ isWhole: false }]);
  expect(fates.filter(({ isKept }) => !isKept)).toEqual([]);
  const [first, ...others] = whole.snapshots;
  const findings = [{ code: "snapshot.seal", severity: "error", message: say`wrong` }] as const;
  const damaged = { ...(first as Verification["snapshots"][number]), findings: [...findings] };
  const plan = planRetention(
    { ...whole, snapshots: [damaged, ...others] },
    { window: 0, daily: 0, weekly: 0 },
    Date.now(),
  );
  expect(plan.fates[0]).toMatchObject({ isKept: true, reason: "not sound: what can be read of it may be needed" });
});
