import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Change, Data, History, Point, Znode } from "../data/model.js";
import { type Asked, Failure, Panel, SessionLink, Time, useAnswer, Zxid } from "../parts.js";
import { go, path, point } from "../state.js";
import { aclText, bytes, compareZxids, counted, durationText, grouped, visible } from "../text.js";
import { idOf, isText, pathOf } from "../tree/znode-id.js";
import { Commands } from "./commands.js";
import { Value } from "./value.js";
import { ValueDiff } from "./value-diff.js";

/** A znode in full: value, stat, ACL, history, and what to do with it on the command line. `isGone`: `now` is the other point. */
export function Details({ data, now, isGone }: { data: Data; now: string; isGone: boolean }): JSX.Element {
  const wanted = path.value;
  const [recursive, setRecursive] = useState(false);
  const node = useAnswer(data, "node", { at: now, path: wanted, data: "base64" });
  const made = node.value && idOf(node.value) === wanted ? node.value : null;
  const hasHistory = data.has("history") && isText(wanted);
  const history = useAnswer(
    data,
    "history",
    hasHistory ? { path: wanted, recursive: recursive ? 1 : 0, limit: 100 } : null,
  );
  return (
    <div>
      <Panel title="Znode" id="znode">
        <h3 class="path">
          <bdi>{visible(pathOf(wanted), 500)}</bdi>
        </h3>
        {isGone ? (
          <p class="warn">
            It is not there at <Zxid zxid={point.value?.zxid ?? now} />: this is how it was at <Zxid zxid={now} />.
          </p>
        ) : null}
        <Failure text={node.error} />
        {isGone || node.error !== "" ? <Deleted history={history} now={point.value?.zxid ?? now} /> : null}
        {made ? <Known znode={made} /> : null}
      </Panel>
      {made ? (
        <Panel title="Value" id="value">
          <Value znode={made} />
        </Panel>
      ) : null}
      {hasHistory ? (
        <HistoryPanel history={history} now={now} recursive={recursive} setRecursive={setRecursive} />
      ) : null}
      <Commands now={now} />
    </div>
  );
}

const KINDS: Record<string, string> = {
  persistent: "persistent",
  ephemeral: "ephemeral: it goes with its session",
  container: "a container: the server deletes it when it has no children any more",
  ttl: "with a TTL: the server deletes it when it has not changed for so long",
};

function Known({ znode }: { znode: Znode & { at: Point } }): JSX.Element {
  const { stat = {}, kind, acl, aclId, ttl } = znode;
  const { ephemeralOwner = "0x0", version = 0, cversion = 0, aversion = 0 } = stat;
  return (
    <>
      <dl class="stat">
        <dt>Kind</dt>
        <dd>
          {KINDS[kind ?? ""] ?? kind}
          {kind === "ephemeral" ? (
            <>
              , <SessionLink id={ephemeralOwner} />
            </>
          ) : null}
          {ttl === undefined ? "" : `, ${durationText(ttl)}`}
        </dd>
        <dt>Created</dt>
        <dd>
          {stat.czxid ? <Zxid zxid={stat.czxid} /> : null} <Time time={stat.ctime} />
        </dd>
        <dt>Value last set</dt>
        <dd>
          {stat.mzxid ? <Zxid zxid={stat.mzxid} /> : null} <Time time={stat.mtime} />, {counted(version, "time")} since
          it was created
        </dd>
        <dt>Children</dt>
        <dd>
          {grouped(stat.numChildren ?? 0)} now, {counted(cversion, "create")} in all; last change{" "}
          {stat.pzxid ? <Zxid zxid={stat.pzxid} /> : null}
        </dd>
        <dt>Size</dt>
        <dd>{bytes(stat.dataLength ?? 0)}</dd>
      </dl>
      <h3>Who may do what</h3>
      {acl ? (
        <ul>
          {acl.map((each, index) => (
            <li key={index}>
              {visible(aclText(each), 300)}{" "}
              <span class="quiet mono">{visible(`${each.scheme}:${each.id}:${each.perms}`, 200)}</span>
            </li>
          ))}
        </ul>
      ) : (
        <p class="warn">The ACL is not known: its id {aclId} is in no map.</p>
      )}
      <p class="quiet">The ACL was set {counted(aversion, "time")}.</p>
    </>
  );
}

/** Who deleted it, and the way to what it was. */
function Deleted({ history, now }: { history: Asked<History>; now: string }): JSX.Element | null {
  const changes = history.value?.path === path.value ? history.value.changes : [];
  const last = changes.find(
    ({ zxid, path: changed }) => changed === path.value && zxid && compareZxids(zxid, now) <= 0,
  );
  if (last?.change !== "delete" || !last.zxid) return null;
  const before = `0x${(BigInt(last.zxid) - 1n).toString(16)}`;
  return (
    <p id="deleted">
      It was deleted by {last.session ? <SessionLink id={last.session} /> : "the server"}, <Zxid zxid={last.zxid} />{" "}
      <Time time={last.time} />.{" "}
      <button type="button" onClick={() => go({ at: before })}>
        show it as it was before
      </button>
    </p>
  );
}

function HistoryPanel({
  history: made,
  now,
  recursive,
  setRecursive,
}: {
  history: Asked<History>;
  now: string;
  recursive: boolean;
  setRecursive: (to: boolean) => void;
}): JSX.Element {
  const known = made.value?.path === path.value ? made.value : null;
  return (
    <Panel title="History" id="history">
      <label>
        <input type="checkbox" checked={recursive} onChange={(event) => setRecursive(event.currentTarget.checked)} />{" "}
        with all that is below
      </label>
      <Failure text={made.error} />
      {known ? (
        <>
          <p class="quiet">
            {known.counts.changes === 0
              ? "No trace of it in these files."
              : `${counted(known.counts.changes, "change")}, the newest first.`}
          </p>
          <ol class="history">
            {known.changes.map((each, index) => (
              <Entry key={index} change={each} now={now} withPath={recursive} />
            ))}
          </ol>
        </>
      ) : (
        <p role="status">Reading the logs…</p>
      )}
    </Panel>
  );
}

const WORDS: Record<string, string> = {
  create: "created",
  set: "value set",
  acl: "ACL set",
  delete: "deleted",
  existed: "was there",
  unseen: "changed where transactions are missing",
};

function Entry({ change, now, withPath }: { change: Change; now: string; withPath: boolean }): JSX.Element {
  const { type, zxid, time, session, cause, before, after } = change;
  if (type === "hole")
    return <li class="warn">Transactions before {String((change as { before?: unknown }).before)} are missing.</li>;
  const next = typeof after === "string" ? undefined : after;
  return (
    <li class={zxid === now ? "current" : ""}>
      <strong>{WORDS[change.change] ?? change.change}</strong> {zxid ? <Zxid zxid={zxid} /> : null}{" "}
      {time ? <Time time={time} /> : null} {withPath ? <bdi class="mono">{visible(change.path, 200)}</bdi> : null}{" "}
      {session ? (
        <span>
          by session <SessionLink id={session} />
        </span>
      ) : null}
      {cause?.by === "session" ? (
        <span class="warn"> because its session ended{cause.probably ? `, which probably ${cause.probably}` : ""}</span>
      ) : null}
      {before !== undefined || next !== undefined ? <ValueDiff before={before} after={next} /> : null}
    </li>
  );
}
