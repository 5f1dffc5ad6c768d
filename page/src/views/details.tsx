import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Change, Data, Point, Znode } from "../data/model.js";
import { Command, Failure, Panel, SessionLink, Time, useAnswer, Zxid } from "../parts.js";
import { path, sourceWords } from "../state.js";
import { aclText, bytes, counted, durationText, grouped, shellWord, visible } from "../text.js";
import { Value } from "./value.js";
import { ValueDiff } from "./value-diff.js";

/** A znode in full: value, stat, ACL, history, and what to do with it on the command line. */
export function Details({ data, now }: { data: Data; now: string }): JSX.Element {
  const wanted = path.value;
  const node = useAnswer(data, "node", { at: now, path: wanted, data: "base64" });
  const made = node.value?.path === wanted ? node.value : null;
  return (
    <div>
      <Panel title="Znode" id="znode">
        <h3 class="path">
          <bdi>{visible(wanted, 500)}</bdi>
        </h3>
        <Failure text={node.error} />
        {made ? <Known znode={made} /> : null}
      </Panel>
      {made ? (
        <Panel title="Value" id="value">
          <Value znode={made} />
        </Panel>
      ) : null}
      {data.has("history") ? <HistoryPanel data={data} now={now} /> : null}
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

function HistoryPanel({ data, now }: { data: Data; now: string }): JSX.Element {
  const [recursive, setRecursive] = useState(false);
  const wanted = path.value;
  const made = useAnswer(data, "history", { path: wanted, recursive: recursive ? 1 : 0, limit: 100 });
  const known = made.value?.path === wanted ? made.value : null;
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

/** The same on the command line. */
function Commands({ now }: { now: string }): JSX.Element {
  const [source, znode] = [sourceWords(), shellWord(path.value)];
  return (
    <Panel title="As a command" id="commands">
      <Command what="its history" line={`zkrewind history ${source} ${znode}`} />
      <Command what="its value before this point" line={`zkrewind cat ${source} ${znode} --before ${now}`} />
      <Command what="its value at this point" line={`zkrewind cat ${source} ${znode} --at ${now}`} />
      <Command
        what="a data directory with it as it was here"
        line={`zkrewind restore ${source} -o NEW-DIRECTORY --graft ${shellWord(`${path.value}@${now}`)}`}
      />
      <Command what="a script that takes this transaction back" line={`zkrewind undo ${source} --txn ${now}`} />
      <Command
        what="it and all below as JSON"
        line={`zkrewind export ${source} --at ${now} --include ${shellWord(`${path.value === "/" ? "" : path.value}/**`)}`}
      />
    </Panel>
  );
}
