import type { JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { Data, Diff } from "../data/model.js";
import { Failure, Panel, useAnswer, VirtualRows } from "../parts.js";
import { against, at, go, path, point } from "../state.js";
import { counted, grouped, nameOf, visible } from "../text.js";
import { Marks } from "../tree/marks.js";
import { isText, parentOf, pathOf } from "../tree/znode-id.js";
import { Changes } from "./changes.js";
import { Details } from "./details.js";
import { Search } from "./search.js";
import { ROW, TreeRow } from "./tree-row.js";
import { type Cursor, useCursor } from "./tree-cursor.js";

/** The tree at the point, and one znode of it in full. */
export function TreeView({ data }: { data: Data }): JSX.Element {
  const now = point.value?.zxid ?? at.value;
  const wanted = against.value !== "" && data.isLive;
  const diff = useAnswer(
    data,
    "diff",
    wanted ? { from: against.value, to: now, data: "none", limit: 2000 } : !data.isLive && data.has("diff") ? {} : null,
  );
  const marks = useMarks(diff.value, now);
  const cursor = useCursor(data, now, marks);
  const isGone = cursor.isGone && marks !== null;
  return (
    <div class="columns">
      <div>
        <Tree cursor={cursor} marks={marks} />
        <Search data={data} now={now} />
        {wanted ? <Changes diff={diff} /> : null}
      </div>
      <Details data={data} now={isGone && data.isLive ? marks.from : now} isGone={isGone} />
    </div>
  );
}

/** Null where nothing is compared, or with another point than this one. */
function useMarks(diff: Diff | null, now: string): Marks | null {
  return useMemo(() => (diff && diff.to.zxid === now ? new Marks(diff) : null), [diff, now]);
}

function Tree({ cursor, marks }: { cursor: Cursor; marks: Marks | null }): JSX.Element {
  const { rows, error, filter, setFilter } = cursor;
  const typed = useRef({ text: "", when: 0 });
  const onKey = (event: KeyboardEvent): void => {
    if (!rows || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!cursor.press(event.key) && !type(event.key)) return;
    event.stopPropagation();
    event.preventDefault();
  };
  /** Letters choose the next sibling whose name begins with them. */
  const type = (key: string): boolean => {
    const { text, when } = typed.current;
    const before = performance.now() - when < PAUSE ? text : "";
    if (key.length !== 1 || key === " " || (before === "" && ",./".includes(key))) return false;
    typed.current = { text: before + key, when: performance.now() };
    void cursor.choose(before + key);
    return true;
  };
  const branch = rows && (rows.branch(path.value) ?? rows.branch(parentOf(path.value)) ?? rows.root);
  return (
    <Panel title="Znodes" id="znodes">
      <Crumbs id={path.value} />
      <div class="bar">
        <label>
          filter <input value={filter} name="filter" onInput={(event) => setFilter(event.currentTarget.value)} />
        </label>
        <span id="total" class="quiet">
          {branch ? `${visible(nameOf(pathOf(branch.id)), 60)}: ${counted(branch.total, "child", "children")}` : ""}
          {branch && branch.matched !== branch.total ? `, ${grouped(branch.matched)} match` : ""}
          {branch && marks && marks.unlisted(branch.id) > 0
            ? `, ${grouped(marks.unlisted(branch.id))} more that are gone`
            : ""}
        </span>
      </div>
      {marks && marks.unmarked > 0 ? (
        <p id="unmarked">{grouped(marks.unmarked)} more znodes differ, and are not marked.</p>
      ) : null}
      <Failure text={error} />
      <VirtualRows
        count={rows?.count ?? 0}
        height={ROW}
        label="znodes"
        row={(index) => {
          const row = rows?.row(index);
          return row ? (
            <TreeRow
              key={index}
              index={index}
              row={row}
              mark={row.id === null ? "" : (marks?.of(row.id) ?? "")}
              isSelected={row.id !== null && row.id === path.value}
              choose={() => cursor.move(index)}
              toggle={() => {
                cursor.move(index);
                cursor.toggle();
              }}
            />
          ) : (
            <div key={index} />
          );
        }}
        onRange={(from, to) => rows?.want(from, to)}
        range={rows}
        selected={cursor.index}
        onKey={onKey}
      />
    </Panel>
  );
}

/** Milliseconds after which letters begin another name. */
const PAUSE = 900;

/** The way down to the znode. */
function Crumbs({ id }: { id: string }): JSX.Element {
  const parts = id === "/" || !isText(id) ? [] : id.slice(1).split("/");
  return (
    <nav class="crumbs" aria-label="path">
      <button type="button" class="link" onClick={() => go({ path: "/" })}>
        /
      </button>
      {isText(id) ? null : <bdi>{visible(pathOf(id).slice(1), 200)}</bdi>}
      {parts.map((name, index) => (
        <span key={index}>
          <button type="button" class="link" onClick={() => go({ path: `/${parts.slice(0, index + 1).join("/")}` })}>
            <bdi>{visible(name, 60)}</bdi>
          </button>
          {index < parts.length - 1 ? "/" : ""}
        </span>
      ))}
    </nav>
  );
}
