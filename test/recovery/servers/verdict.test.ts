import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { TRIED } from "../../../src/recovery/servers/releases.js";
import { serverSays } from "../../../src/recovery/servers/stop-words.js";
import type { ServerVerdict } from "../../../src/recovery/servers/verdict.js";
import { hex } from "../../../src/storage/zxid.js";
import { plain } from "../../../src/text/message.js";
import { withCase } from "./case-directory.js";
import { CASES } from "./cases.js";
import { type Cell, cellOf, MODES, readObserved } from "./observed.js";
import { SERVERS_PAGE, serversPage } from "./table.js";

const observed = readObserved();

describe("a verdict is what the release was seen to do", () => {
  for (const each of CASES)
    test(each.name, async () => {
      await withCase(each, async (verdicts) => {
        for (const release of TRIED)
          for (const mode of MODES) {
            const seen = cellOf(observed, each.name, release.name, mode);
            if (!seen) throw new Error(`not tried: ${each.name} on ${release.name}, ${mode}`);
            const verdict = await verdicts.verdict(release, mode);
            const where = `${each.name} on ${release.name}, ${mode}`;
            expect(told(verdict, seen), where).toEqual(shown(verdict, seen));
            const gone = goneOf(seen);
            const deleted = verdict.deletes.reduce((sum, { count }) => sum + (count ?? Number.NaN), 0);
            // What a server has read of a snapshot before it fails stays in its list of ephemerals.
            if (verdict.skipped.some(({ reading }) => reading === "fails"))
              expect(deleted, where).toBeLessThanOrEqual(gone.length);
            else expect(deleted, where).toBe(gone.length);
            for (const { paths } of verdict.deletes) expect(gone, where).toEqual(expect.arrayContaining([...paths]));
          }
      });
    });

  test("docs/servers.md says what was seen", () => {
    // UPDATE_SERVERS=1 writes it anew.
    if (process.env["UPDATE_SERVERS"]) writeFileSync(SERVERS_PAGE, serversPage(observed));
    expect(readFileSync(SERVERS_PAGE, "utf8")).toBe(serversPage(observed));
  });

  test("nothing else is on record", () => {
    expect(Object.keys(observed).sort()).toEqual(CASES.map(({ name }) => name).sort());
  });
});

interface Told {
  starts: boolean;
  zxid: string | null;
  problem: boolean;
  played: readonly string[] | null;
}

function told({ stop, zxid, played, settings }: ServerVerdict, seen: Cell): Told {
  const says = stop && serverSays(stop, settings);
  return {
    starts: stop === null,
    zxid: zxid === null ? null : hex(zxid),
    problem: stop === null ? seen.problem === null : says === null || (seen.problem ?? "").includes(plain(says)),
    played: stop === null ? joined(played?.runs.map(({ first, last }) => [first, last] as const) ?? []) : null,
  };
}

function shown({ stop }: ServerVerdict, seen: Cell): Told {
  const runs = seen.played.map((run) => run.split("-").map(BigInt) as unknown as readonly [bigint, bigint]);
  return { starts: seen.starts, zxid: seen.zxid, problem: true, played: stop === null ? joined(runs) : null };
}

/** Runs as text, joined where one goes on where the other ends. */
function joined(runs: readonly (readonly [bigint, bigint])[]): string[] {
  const all: [bigint, bigint][] = [];
  for (const [first, last] of runs) {
    const open = all.at(-1);
    if (open && open[1] + 1n === first) open[1] = last;
    else all.push([first, last]);
  }
  return all.map(([first, last]) => `${hex(first)}-${hex(last)}`);
}

/** What the server did not have, but for what is below such a znode. */
function goneOf({ gone }: Cell): string[] {
  return gone.filter((path) => !gone.some((above) => path.startsWith(`${above}/`)));
}
