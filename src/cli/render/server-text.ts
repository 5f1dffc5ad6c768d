import { type Start, type Startable, TRIED_RELEASES } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { type Safe, safe, words } from "../../text/safe.js";
import { shown, visible } from "../output/text.js";

/** What servers would do with a directory: the one that is asked about first, then those that do otherwise. */
export function serverLines(startable: Startable, red: (text: Safe) => Safe = (text) => text): Safe[] {
  const { release, mode, reasons, others } = startable;
  const where = words(mode === "ensemble" ? " in an ensemble" : "");
  return [
    safe`of ${visible(release, "given")}${where} ${startText(startable, red)}`,
    ...reasons.map((reason) => shown(reason)),
    ...others.flatMap((other) => [
      safe`of ${releasesText(other.releases)}${where} ${startText(other, red)}`,
      ...other.reasons.map((reason) => safe`  ${shown(reason)}`),
    ]),
  ];
}

function startText({ starts, snapshot, zxid }: Start, red: (text: Safe) => Safe): Safe {
  if (!starts) return red(words("would NOT start"));
  const none = words(zxid === 0n ? ", empty" : ", without a snapshot");
  const from = snapshot === null ? none : safe`, from ${visible(snapshot, "file")}`;
  return safe`would start${from}${zxid === null ? words("") : safe`, at ${hex(zxid)}`}`;
}

/** Three and more in a row as `3.4.14 to 3.8.6`. */
function releasesText(releases: readonly string[]): Safe {
  const runs: string[][] = [];
  for (const release of releases) {
    const run = runs.at(-1);
    const follows = run && TRIED_RELEASES.indexOf(release) === TRIED_RELEASES.indexOf(run.at(-1) as string) + 1;
    if (follows) run.push(release);
    else runs.push([release]);
  }
  const texts = runs.map((run) => (run.length > 2 ? `${run[0]} to ${run.at(-1)}` : run.join(", ")));
  return visible(texts.join(", "), "system");
}
