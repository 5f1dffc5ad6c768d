import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { withCase } from "../../recovery/servers/case-directory.js";
import { CASES } from "../../recovery/servers/cases.js";
import {
  addCell,
  MODES,
  type Observed,
  readObserved,
  type SeenCell,
  writeObserved,
} from "../../recovery/servers/observed.js";
import { SERVERS_PAGE, serversPage } from "../../recovery/servers/table.js";
import { cellOfSeen } from "./cells.js";
import { chosenReleases, WHICH } from "./chosen.js";
import { observe, type Seen } from "./observe.js";

/**
 * Every case on real servers. What they do is kept in fixtures/servers.json, against which verdicts are held without servers:
 * here it is seen again. ZKREWIND_SERVERS=all tries every case on every release, else every second case on two of them;
 * ZKREWIND_SERVERS=record tries all and keeps what is seen. ZKREWIND_CASES: a pattern of cases' names.
 */
const releases = chosenReleases();

const named = process.env.ZKREWIND_CASES;
const cases = CASES.filter(({ name }, index) =>
  named === undefined ? WHICH !== "sample" || index % 2 === 0 : new RegExp(named).test(name),
);

const seenByRelease = new Map<string, Map<string, Seen>>();

describe("real servers do what is on record", () => {
  for (const release of releases)
    test(release.name, async () => {
      const seen = new Map((await observe(release.name, cases)).map((each) => [`${each.name} ${each.kind}`, each]));
      seenByRelease.set(release.name, seen);
      expect(seen.size).toBe(3 * cases.length);
    });

  for (const each of cases)
    test(each.name, async () => {
      const cells = await cellsOf(each);
      if (WHICH === "record") recorded[each.name] = cells;
      else expect(cells).toEqual(onlyOf(readObserved()[each.name] ?? []));
    });

  test.runIf(WHICH === "record")("what was seen is kept", () => {
    const inOrder = CASES.flatMap(({ name }) => (recorded[name] ? [[name, recorded[name]] as const] : []));
    const kept: Observed = Object.fromEntries(inOrder);
    writeObserved(kept);
    writeFileSync(SERVERS_PAGE, serversPage(kept));
  });
});

const recorded: Observed = WHICH === "record" ? readObserved() : {};

async function cellsOf(each: (typeof CASES)[number]): Promise<SeenCell[]> {
  const cells: SeenCell[] = [];
  await withCase(each, async (verdicts) => {
    for (const release of releases)
      for (const mode of MODES) {
        const seen = seenByRelease.get(release.name);
        const [start, replay] = [seen?.get(`${each.name} ${mode}`), seen?.get(`${each.name} replay`)];
        if (!start || !replay) throw new Error(`${each.name} was not tried on ${release.name}`);
        addCell(cells, release.name, mode, await cellOfSeen(each, release, mode, { start, replay }, verdicts));
      }
  });
  return cells;
}

/** What is on record of the releases that are tried now. */
function onlyOf(cells: readonly SeenCell[]): SeenCell[] {
  const tried = (names: string[]): string[] => names.filter((name) => releases.some((each) => each.name === name));
  return cells
    .map((each) => ({ ...each, standalone: tried(each.standalone), ensemble: tried(each.ensemble) }))
    .filter(({ standalone, ensemble }) => standalone.length + ensemble.length > 0);
}
