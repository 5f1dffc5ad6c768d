import type { JSX } from "preact";
import type { Data, Ensemble } from "../data/model.js";
import { Command, Failure, Panel, PathLink, useAnswer, Zxid } from "../parts.js";
import { summary } from "../state.js";
import { compareZxids, counted, grouped, shellWord, visible } from "../text.js";
import { Copies } from "./copies.js";
import { One } from "./transactions.js";
import { Findings } from "./verdict.js";

/** Several servers beside each other, and what the copies in repositories hold. */
export function EnsembleView({ data }: { data: Data }): JSX.Element {
  return (
    <>
      {summary.value?.hasCopies && data.has("backups") ? <Copies data={data} /> : null}
      <Servers data={data} />
    </>
  );
}

/** What each server has, where they part, and which to restore from. */
function Servers({ data }: { data: Data }): JSX.Element {
  const known = summary.value;
  const isKnown = known?.comparing?.isWhole ?? false;
  const made = useAnswer(data, "ensemble", isKnown ? {} : null);
  if (known && known.comparing === null)
    return (
      <Panel title="Ensemble" id="ensemble">
        <p>One server’s files are looked at. To see several beside each other, name the others with --node:</p>
        <Command line={`zkrewind explore ${shellWord(known.source[0] ?? "zk1")} --node zk2 --node zk3`} />
      </Panel>
    );
  return (
    <Panel title="Ensemble" id="ensemble">
      <Failure text={made.error} />
      {made.value ? <Known made={made.value} /> : <p role="status">Comparing the servers…</p>}
    </Panel>
  );
}

function Known({ made }: { made: Ensemble }): JSX.Element {
  const { nodes, divergence, tails, trees, best, shared, majority, voters } = made;
  const all = [...new Set(nodes.flatMap(({ epochs }) => epochs.map(({ epoch }) => epoch)))].toSorted((a, b) => a - b);
  return (
    <>
      <p>
        {shared
          ? `${counted(shared.count, "transaction")} are the same on all servers, record by record. `
          : "No transactions are the same on all servers. "}
        A majority is {majority} of {voters}.
      </p>
      {divergence ? (
        <div class="fork" id="fork">
          <strong class="bad">
            {divergence.kind === "fork"
              ? "The histories part"
              : divergence.kind === "conflict"
                ? "One zxid has different bytes"
                : "The digests differ"}{" "}
            at <Zxid zxid={divergence.zxid} />
          </strong>
          {divergence.after ? (
            <>
              , after <Zxid zxid={divergence.after} />
            </>
          ) : null}
          .
          <ul>
            {divergence.sides.map((side, index) => (
              <li key={index}>
                {side.nodes.map((each) => visible(each, 80)).join(", ") || "nobody else"}
                {side.count > 0 ? `: ${counted(side.count, "transaction")} of their own` : " goes on with"}
                {(side.own.length > 0 ? side.own : side.next ? [side.next] : []).slice(0, 3).map((txn) => (
                  <div key={txn.zxid}>
                    <One txn={txn} />
                  </div>
                ))}
              </li>
            ))}
          </ul>
        </div>
      ) : (
        <p class="good">What several servers hold, they hold alike.</p>
      )}
      <div class="lanes">
        {nodes.map((node) => (
          <section class="lane" key={node.name} aria-label={visible(node.name, 80)}>
            <h3>
              <bdi>{visible(node.name, 80)}</bdi>
              {best.nodes.includes(node.name) ? <span class="tag good">restore from this</span> : null}
            </h3>
            <div class="track">
              {all.map((epoch) => (
                <Epoch key={epoch} epoch={epoch} node={node} made={made} width={100 / all.length} />
              ))}
            </div>
            <p>
              {counted(node.transactions, "transaction")}, last logged{" "}
              {node.lastLogged ? <Zxid zxid={node.lastLogged} /> : "nothing"}
              {node.behind > 0 ? (
                <span class="warn">, {counted(node.behind, "transaction")} behind</span>
              ) : (
                ", not behind"
              )}
              ; epoch file {node.currentEpoch ?? "none"}
            </p>
            <ul>
              {node.holes.map((hole) => (
                <li key={hole.first} class="warn">
                  lacks {counted(hole.count, "transaction")}, <Zxid zxid={hole.first} /> to <Zxid zxid={hole.last} />
                  {hole.bridgedBy ? `; ${visible(hole.bridgedBy, 80)} bridges them` : ""}
                  {hole.filledBy.length > 0
                    ? `; ${hole.filledBy.map((each) => visible(each, 60)).join(", ")} has them`
                    : "; nobody has all of them"}
                </li>
              ))}
              {node.damage.map((each, index) => (
                <li key={index} class="bad">
                  <code>{each.code}</code> {visible(each.message, 200)}
                </li>
              ))}
              {tails
                .filter((tail) => tail.nodes.includes(node.name))
                .map((tail) => (
                  <li key={tail.first} class="warn">
                    {counted(tail.count, "transaction")}, <Zxid zxid={tail.first} /> to <Zxid zxid={tail.last} />:{" "}
                    {tail.kind === "dead"
                      ? "never committed, a newer epoch went on without them"
                      : "not known to be committed"}
                  </li>
                ))}
            </ul>
          </section>
        ))}
      </div>
      {trees ? (
        <>
          <h3>
            The trees at <Zxid zxid={trees.zxid} />
          </h3>
          <ul>
            {trees.results.map((each) => (
              <li key={each.node}>
                {visible(each.node, 80)}:{" "}
                {each.same === null
                  ? "not known"
                  : each.same
                    ? "the same"
                    : `differs in ${counted(each.differing, "znode")}`}
                {each.znodes === undefined ? "" : `, ${counted(each.znodes, "znode")}`}
                {each.differences.slice(0, 20).map(({ path, change }) => (
                  <div key={path}>
                    {change}: <PathLink path={path} />
                  </div>
                ))}
              </li>
            ))}
          </ul>
        </>
      ) : null}
      <h3>Restore from</h3>
      <ul id="best">
        {best.reasons.map((reason) => (
          <li key={reason}>{visible(reason, 300)}</li>
        ))}
      </ul>
      <Findings list={made.findings} />
    </>
  );
}

/** An epoch of a server's lane: as wide as the others', filled as far as the server has it. */
function Epoch({
  epoch,
  node,
  made,
  width,
}: {
  epoch: number;
  node: Ensemble["nodes"][number];
  made: Ensemble;
  width: number;
}): JSX.Element {
  const own = node.epochs.find((each) => each.epoch === epoch);
  const whole = Math.max(
    ...made.nodes.flatMap(({ epochs }) => epochs.filter((each) => each.epoch === epoch).map(({ count }) => count)),
  );
  const line = made.line.find((each) => each.epoch === epoch);
  const isOff = own !== undefined && (line === undefined || compareZxids(own.last, line.last) > 0);
  const text = own
    ? `epoch ${epoch}: ${grouped(own.count)} transactions, ${own.first} to ${own.last}${isOff ? ", partly off the line" : ""}`
    : `epoch ${epoch}: nothing`;
  return (
    <span class="epoch" style={{ width: `${width}%` }} title={text}>
      <span
        class={isOff ? "filled off" : "filled"}
        style={{ width: `${own ? Math.max((100 * own.count) / whole, 3) : 0}%` }}
      />
      <span class="label">{epoch}</span>
    </span>
  );
}
