import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AS_IT_IS, carryOut, discover, rebuild, restore, verify } from "../../../src/recovery/index.js";
import { hex } from "../../../src/storage/zxid.js";
import { plain } from "../../../src/text/message.js";
import { ZkRewindError } from "../../../src/findings/finding.js";
import { sampled, sources, type Source } from "../../fixtures/index.js";
import { temporaryFolder } from "../../temporary-folder.js";

const folder = temporaryFolder();

/** One whose oldest logs are gone: it begins with a fuzzy snapshot, whose window has no exact point. */
const LATE = sources.filter(({ title }) => title === "ensemble-reconfig-3.5/server4");

test.each([...sampled, ...LATE])(
  "whatever point of $title is listed as exact can be had with its logs: both ends of each range, and not what is before it",
  async ({ path, logDir }: Source) => {
    const open = (): ReturnType<typeof discover> => discover([path], logDir === undefined ? {} : { logDir });
    const { exact } = await verify(open());
    const ends = new Set((exact ?? []).flatMap(({ from, to }) => [from, to]));
    expect(ends.size).toBeGreaterThan(0);
    for (const zxid of ends) expect([hex(zxid), await restoredWithLogs(open(), zxid)]).toEqual([hex(zxid), null]);
    for (const { from } of exact ?? [])
      if (from > 0n && !ends.has(from - 1n))
        expect(await restoredWithLogs(open(), from - 1n)).toMatch(/cannot be rebuilt exactly|after 0x/);
  },
);

/** Why it is refused; null where it is not. */
async function restoredWithLogs(directory: ReturnType<typeof discover>, zxid: bigint): Promise<string | null> {
  const target = join(folder(), "out");
  try {
    const state = await rebuild(directory, { point: { kind: "zxid", zxid, text: hex(zxid) }, inclusive: true });
    const made = await carryOut(state, directory, { ...AS_IT_IS, now: 0, withLogs: true });
    await restore(made, target, { layout: state.layout });
    return null;
  } catch (error) {
    if (!(error instanceof ZkRewindError)) throw error;
    expect(error.exitCode).toBe(4);
    return plain(error.said.message);
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}
