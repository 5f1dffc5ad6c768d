import { hierarchy, treemap } from "d3-hierarchy";
import type { JSX } from "preact";
import type { Data, Space } from "../data/model.js";
import { Command, Failure, Panel, PathLink, useAnswer } from "../parts.js";
import { against, at, go, path, point, sourceWords } from "../state.js";
import { isText, parentOf } from "../tree/znode-id.js";
import { bytes, counted, grouped, nameOf, shellWord, visible } from "../text.js";

const WIDTH = 1000;
const HEIGHT = 420;

/** What takes the space below a znode, and what grew since another point. */
export function SpaceView({ data }: { data: Data }): JSX.Element {
  const now = point.value?.zxid ?? at.value;
  const top = named(path.value);
  const made = useAnswer(data, "space", { at: now, path: top });
  const known = made.value;
  return (
    <div>
      <Panel title="What takes the space" id="space">
        <div class="bar">
          <button type="button" disabled={top === "/"} onClick={() => go({ path: parentOf(top) })}>
            ↑ up
          </button>
          <bdi class="mono">{visible(top, 200)}</bdi>
          {known ? (
            <span class="quiet" id="space-total">
              {bytes(known.total.records)} of records, {bytes(known.total.values)} of values,{" "}
              {counted(known.total.znodes, "znode")}
            </span>
          ) : null}
        </div>
        <Failure text={made.error} />
        {known ? <Treemap space={known} /> : <p role="status">Adding up…</p>}
        <Command what="the same" line={`zkrewind du ${sourceWords()} ${shellWord(top)} --at ${now}`} />
      </Panel>
      {known ? <Tables space={known} /> : null}
      {against.value !== "" && data.has("growth") ? <Grown data={data} now={now} top={top} /> : null}
    </div>
  );
}

/** The znode, or the first above it whose path is text. */
function named(id: string): string {
  return isText(id) ? id : named(parentOf(id));
}

interface Part {
  path: string;
  records: number;
  children?: Part[];
}

function Treemap({ space }: { space: Space }): JSX.Element {
  const parts: Part[] = space.subtrees
    .filter(({ depth }) => depth === 1)
    .map(({ path: each, records }) => ({ path: each, records }));
  const shown = parts.reduce((sum, { records }) => sum + records, 0);
  const rest = space.total.records - shown;
  if (rest > 0) parts.push({ path: "", records: rest });
  const root = hierarchy<Part>({ path: space.path, records: 0, children: parts })
    .sum(({ records }) => records)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const leaves = treemap<Part>().size([WIDTH, HEIGHT]).padding(2)(root).leaves();
  return (
    <div class="treemap" role="list" aria-label="subtrees by size">
      {leaves.map(({ data, x0, x1, y0, y1, value = 0 }) => {
        const isRest = data.path === "";
        const share = Math.round((100 * value) / Math.max(space.total.records, 1));
        const name = isRest ? "itself, and smaller ones" : nameOf(data.path);
        return (
          <div
            role="listitem"
            key={data.path}
            class="cell"
            style={{
              left: `${(100 * x0) / WIDTH}%`,
              top: `${(100 * y0) / HEIGHT}%`,
              width: `${(100 * (x1 - x0)) / WIDTH}%`,
              height: `${(100 * (y1 - y0)) / HEIGHT}%`,
            }}
          >
            <button
              type="button"
              disabled={isRest}
              title={`${visible(name, 100)}: ${bytes(value)}, ${share} %`}
              onClick={() => go({ path: data.path })}
            >
              <bdi>{visible(name, 40)}</bdi> <span>{bytes(value)}</span>
            </button>
          </div>
        );
      })}
    </div>
  );
}

function Tables({ space }: { space: Space }): JSX.Element {
  return (
    <div class="columns">
      <Panel title="By pattern of paths" id="patterns">
        <Table
          head={["records", "values", "znodes", "pattern"]}
          rows={space.patterns
            .slice(0, 40)
            .map((each) => [
              bytes(each.records),
              bytes(each.values),
              grouped(each.znodes),
              <bdi>{visible(each.pattern, 200)}</bdi>,
            ])}
        />
      </Panel>
      <div>
        <Panel title="Largest values" id="largest">
          <Table
            head={["bytes", "znode"]}
            rows={space.largest.slice(0, 20).map((each) => [bytes(each.bytes), <PathLink path={each.path} />])}
          />
        </Panel>
        <Panel title="Most children" id="most-children">
          <Table
            head={["children", "znode"]}
            rows={space.children.slice(0, 20).map((each) => [grouped(each.children), <PathLink path={each.path} />])}
          />
        </Panel>
      </div>
    </div>
  );
}

function Table({ head, rows }: { head: readonly string[]; rows: readonly (string | JSX.Element)[][] }): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={head.join(", ")}>
      <table>
        <thead>
          <tr>
            {head.map((each) => (
              <th key={each} scope="col">
                {each}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} class={column < row.length - 1 ? "number" : "path"}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Grown({ data, now, top }: { data: Data; now: string; top: string }): JSX.Element {
  const made = useAnswer(data, "growth", { from: against.value, to: now, path: top });
  const signed = (count: number): string => `${count > 0 ? "+" : count < 0 ? "−" : ""}${grouped(Math.abs(count))}`;
  return (
    <Panel title={`Growth since ${visible(against.value, 40)}`} id="growth">
      <Failure text={made.error} />
      {made.value ? (
        <Table
          head={["records", "values", "znodes", "subtree"]}
          rows={made.value.growth.map(({ path: each, before, after }) => [
            signed(after.records - before.records),
            signed(after.values - before.values),
            signed(after.znodes - before.znodes),
            <PathLink path={each} />,
          ])}
        />
      ) : null}
      {made.value?.growth.length === 0 ? <p>Nothing grew or shrank.</p> : null}
    </Panel>
  );
}
