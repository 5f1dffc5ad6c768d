import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { BackedUp, Backups, Data, Moment } from "../data/model.js";
import { Command, Failure, Panel, Time, useAnswer, Zxid } from "../parts.js";
import { bytes, compareZxids, counted, durationText, shellWord, visible } from "../text.js";

/** What each copy covers, and how far it is behind the furthest. */
export function Copies({ data }: { data: Data }): JSX.Element {
  const [times, setTimes] = useState(0);
  const made = useAnswer(data, "backups", { times });
  return (
    <Panel title="Copies in repositories" id="copies">
      <Failure text={made.error} />
      {made.value ? (
        <Known made={made.value} />
      ) : made.error === "" ? (
        <p role="status">Reading the repositories…</p>
      ) : null}
      {data.isLive ? (
        <button type="button" disabled={made.isAsking} onClick={() => setTimes(times + 1)}>
          look again
        </button>
      ) : null}
      {made.value ? (
        <Command
          what="the same"
          line={`zkrewind backup list ${made.value.repositories.map(({ location }) => shellWord(location)).join(" ")}`}
        />
      ) : null}
    </Panel>
  );
}

function Known({ made }: { made: Backups }): JSX.Element {
  const { repositories, together, problems } = made;
  const scale = scaleOf([together, ...repositories]);
  return (
    <>
      <p>
        Recovery point: {together.recoveryPoint ? <At moment={together.recoveryPoint} /> : "nothing has been shipped"}
        {together.confirmed ? (
          <>
            ; known to be committed up to <Zxid zxid={together.confirmed} />
          </>
        ) : null}
        {together.voters === null ? "; who votes is not known" : ""}.
      </p>
      {problems.map(({ location, message }, index) => (
        <p key={index} class="bad">
          {visible(location, 200)}: {visible(message, 300)}
        </p>
      ))}
      {repositories.map((each, index) => (
        <section class="lane copy" key={index} aria-label={visible(each.location, 100)}>
          <h3>
            <bdi>{visible(each.location, 200)}</bdi>{" "}
            {each.behind ? <span class="tag warn">behind</span> : <span class="tag good">up to date</span>}
          </h3>
          <Track covered={each} scale={scale} />
          <Covered covered={each} together={together} />
        </section>
      ))}
      {together.branches.length > 0 ? (
        <ul>
          {together.branches.map(({ name, servers, first, last }) => (
            <li key={name} class="warn">
              branch {visible(name, 80)} of {servers.map((each) => visible(each, 60)).join(", ")}: {first} to {last}
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}

function At({ moment }: { moment: Moment }): JSX.Element {
  return (
    <>
      <Zxid zxid={moment.zxid} /> <Time time={moment.time} />
    </>
  );
}

function Covered({ covered, together }: { covered: BackedUp; together: BackedUp }): JSX.Element {
  const { recoveryPoint, first, holes, newestSnapshot, snapshots, segments, servers } = covered;
  const missing = holes.filter(({ after }) => after !== null);
  return (
    <>
      <p>
        {recoveryPoint && first ? (
          <>
            from <Zxid zxid={first} /> to <At moment={recoveryPoint} />
            <span class={lagOf(recoveryPoint, together.recoveryPoint) === "" ? "" : "warn"}>
              {lagOf(recoveryPoint, together.recoveryPoint)}
            </span>
            ; newest snapshot {newestSnapshot ? <Zxid zxid={newestSnapshot} /> : "none"}
          </>
        ) : (
          "nothing yet"
        )}
        ; {counted(snapshots, "snapshot")}, {counted(segments, "segment")}, {bytes(covered.bytes)}
      </p>
      <ul>
        {missing.map(({ after, before }) => (
          <li key={before} class="bad">
            missing after {after}, before {before}
          </li>
        ))}
        {servers.map(({ server, recoveryPoint: own, shipped }) => (
          <li key={server}>
            from server {visible(server, 80)}: {own ? <At moment={own} /> : "nothing"}, last shipped{" "}
            <Time time={shipped} />
            <span class="warn">{lagOf(own, together.recoveryPoint)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** How far one is behind another, in words. */
function lagOf(own: Moment | null, furthest: Moment | null): string {
  if (!own || !furthest || compareZxids(own.zxid, furthest.zxid) >= 0) return "";
  const time = Date.parse(furthest.time) - Date.parse(own.time);
  const [a, b] = [BigInt(own.zxid), BigInt(furthest.zxid)];
  const count = a >> 32n === b >> 32n ? counted(Number(b - a), "transaction") : "an epoch or more";
  return `, ${count}${time > 0 ? `, ${durationText(time)}` : ""} behind`;
}

type Scale = (zxid: string) => number;

/** Where zxids are on a line as long as 1, on which epochs lie beside each other without what none of them has reached. */
function scaleOf(all: readonly BackedUp[]): Scale {
  const zxids = all.flatMap(({ first, recoveryPoint, holes }) =>
    [first, recoveryPoint?.zxid, ...holes.flatMap(({ after, before }) => [after, before])].filter(
      (each) => typeof each === "string",
    ),
  );
  const ends = new Map<bigint, bigint>();
  for (const each of zxids.map(BigInt)) {
    const [epoch, counter] = [each >> 32n, each & 0xffffffffn];
    if (counter > (ends.get(epoch) ?? -1n)) ends.set(epoch, counter);
  }
  const place = (zxid: bigint): number => {
    let before = 0n;
    for (const [epoch, end] of ends) if (epoch < zxid >> 32n) before += end + 1n;
    return Number(before + (zxid & 0xffffffffn));
  };
  const places = zxids.map((each) => place(BigInt(each)));
  const [from, to] = [Math.min(...places), Math.max(...places)];
  return (zxid) => (place(BigInt(zxid)) - from) / Math.max(to - from, 1);
}

function Track({ covered, scale }: { covered: BackedUp; scale: Scale }): JSX.Element {
  const { first, recoveryPoint, holes } = covered;
  const span = (from: string, to: string): { left: string; width: string } => ({
    left: `${100 * scale(from)}%`,
    width: `${Math.max(100 * (scale(to) - scale(from)), 0.5)}%`,
  });
  return (
    <div class="track" aria-hidden="true">
      {first && recoveryPoint ? <span class="covered" style={span(first, recoveryPoint.zxid)} /> : null}
      {holes.map(({ after, before }) =>
        after === null ? null : <span key={before} class="missing" style={span(after, before)} />,
      )}
    </div>
  );
}
