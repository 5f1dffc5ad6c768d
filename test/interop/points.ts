import { type Fixture, truePoints } from "../fixtures/index.js";

/** A zxid inside a fuzzy window, as the truth has one; else one in the middle. */
export function pointInside(fixture: Fixture, server: string): string {
  const truth = fixture.sources.find(({ path }) => path === server)?.truth;
  if (truth === undefined) throw new Error(`${fixture.name}/${server} has no truth`);
  const points = [...truePoints(truth)].map(({ zxid, why }) => ({ zxid, why }));
  const fuzzy = points.find(({ why }) => why.startsWith("inside"));
  const chosen = fuzzy ?? points[Math.floor(points.length / 2)];
  return `0x${(chosen?.zxid ?? 0n).toString(16)}`;
}
