import type { JSX } from "preact";
import type { Finding, Summary, Verdict } from "../data/model.js";
import { Command, PathLink, Zxid } from "../parts.js";
import { sourceWords, summary, verdict } from "../state.js";
import { bytes, counted, grouped, visible } from "../text.js";

/** Whether the files are sound, what a server would do with them, and what is wrong. */
export function VerdictStrip(): JSX.Element {
  const made = verdict.value;
  const known = summary.value;
  return (
    <section class="verdict" aria-label="verdict">
      {made ? <Known made={made} /> : <Reading known={known} />}
      {known ? <Files known={known} made={made} /> : null}
    </section>
  );
}

function Reading({ known }: { known: Summary | null }): JSX.Element {
  if (!known) return <p>Asking…</p>;
  const { done, total } = known.verifying;
  const percent = total === 0 ? 0 : Math.min(Math.floor((100 * done) / total), 99);
  return (
    <p role="status">
      {known.failure ? visible(known.failure) : `Reading and replaying the files: ${percent} %`}
      <progress max={100} value={percent} aria-label="files read" />
    </p>
  );
}

function Known({ made }: { made: Verdict }): JSX.Element {
  const { sound, startable, exact, gaps, later, findings } = made;
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.filter(({ severity }) => severity === "warning").length;
  const holes = gaps.filter(({ bridgedBy }) => bridgedBy === null).length;
  return (
    <>
      <p class="headline">
        <strong class={sound ? "good" : "bad"} id="sound">
          {sound ? "Sound" : "Not sound"}
        </strong>{" "}
        <span>
          {errors + warnings === 0
            ? "nothing is wrong with the files"
            : `${counted(errors, "error")}, ${counted(warnings, "warning")}`}
        </span>
        <span id="start">
          {startable.starts ? (
            <>
              A server of {startable.release} would start, at{" "}
              {startable.zxid ? <Zxid zxid={startable.zxid} /> : "no zxid"}.
            </>
          ) : (
            <>
              A server of {startable.release} <strong class="bad">would not start</strong>
              {startable.message ? `: “${visible(startable.message, 300)}”` : ""}.
            </>
          )}
        </span>
        <span id="exact">
          {exact.length === 0 ? "No point can be rebuilt exactly." : "Exact: "}
          {exact.slice(0, 6).map(({ from, to }, index) => (
            <span key={from}>
              {index > 0 ? ", " : ""}
              <Zxid zxid={from} /> to <Zxid zxid={to} />
            </span>
          ))}
          {exact.length > 6 ? ` and ${exact.length - 6} more ranges` : ""}
        </span>
        <span>{holes === 0 ? "No holes." : `${counted(holes, "hole")} in the transactions.`}</span>
        {later ? (
          <span class="warn">
            A later state, {later.zxid}, is not exact: {visible(later.why, 300)}.
          </span>
        ) : null}
      </p>
      {startable.reasons.length > 0 ? (
        <details>
          <summary>What the server would do</summary>
          <ul>
            {startable.reasons.map((reason) => (
              <li key={reason}>{visible(reason, 500)}</li>
            ))}
          </ul>
        </details>
      ) : null}
      <Findings list={findings} />
    </>
  );
}

export function Findings({ list }: { list: readonly Finding[] }): JSX.Element | null {
  if (list.length === 0) return null;
  const source = sourceWords();
  return (
    <details id="findings" open={list.some(({ severity }) => severity === "error")}>
      <summary>{counted(list.length, "finding")}</summary>
      <ul class="findings">
        {list.slice(0, 200).map((each, index) => (
          <li key={index} class={each.severity}>
            <details>
              <summary>
                <span class="tag">{each.severity}</span> <code>{each.code}</code> {visible(each.message, 400)}
                {each.file ? <span class="quiet"> in {visible(each.file, 120)}</span> : null}
              </summary>
              <dl>
                <dt>Means</dt>
                <dd>{each.meaning}</dd>
                <dt>Server</dt>
                <dd>{each.server}</dd>
                <dt>Next</dt>
                <dd>{each.next}</dd>
                {each.zxid ? (
                  <>
                    <dt>Where</dt>
                    <dd>
                      <Zxid zxid={each.zxid} /> {each.path ? <PathLink path={each.path} /> : null}
                    </dd>
                  </>
                ) : null}
              </dl>
              {commandsIn(each.next, source).map((line) => (
                <Command key={line} line={line} />
              ))}
            </details>
          </li>
        ))}
      </ul>
      {list.length > 200 ? <p>{list.length - 200} more: zkrewind verify lists them all.</p> : null}
    </details>
  );
}

/** The commands that an advice names, with the source put in. */
function commandsIn(next: string, source: string): string[] {
  const found = next.match(/zkrewind [a-z]+(?: [A-Z-][\w./-]*| --?[a-z-]+| PATH)*/g) ?? [];
  const made = found.map((line) => line.replace(/\b(SOURCE|DIR)\b/, source));
  return [...new Set(made.length > 0 ? made : [`zkrewind verify ${source}`])];
}

function Files({ known, made }: { known: Summary; made: Verdict | null }): JSX.Element {
  const size = [...known.snapshots, ...known.logs].reduce((sum, each) => sum + each.size, 0);
  const znodes = new Map(made?.snapshots.map((each) => [each.file, each.znodes]));
  const txns = new Map(made?.logs.map((each) => [each.file, each.transactions]));
  return (
    <details id="files">
      <summary>
        {counted(known.snapshots.length, "snapshot")}, {counted(known.logs.length, "log")}, {bytes(size)};{" "}
        {counted(known.transactions.count, "transaction")}
        {known.indexing.isWhole ? "" : " so far"}
      </summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="files">
        <table>
          <thead>
            <tr>
              <th scope="col">file</th>
              <th scope="col">bytes</th>
              <th scope="col">zxid</th>
              <th scope="col">holds</th>
            </tr>
          </thead>
          <tbody>
            {[...known.snapshots, ...known.logs].slice(0, 500).map(({ file: name, size: each, zxid }) => (
              <tr key={name}>
                <td class="mono">{visible(name, 200)}</td>
                <td class="number">{grouped(each)}</td>
                <td>{zxid === null ? "" : <Zxid zxid={zxid} />}</td>
                <td>
                  {znodes.has(name)
                    ? counted(znodes.get(name) ?? 0, "znode")
                    : txns.has(name)
                      ? counted(txns.get(name) ?? 0, "transaction")
                      : ""}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
