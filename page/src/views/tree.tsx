import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Children, Data, Diff, Znode } from "../data/model.js";
import { Failure, Panel, PathLink, useAnswer, VirtualRows } from "../parts.js";
import { settled } from "../settled.js";
import { against, at, go, path, point } from "../state.js";
import { bytes, counted, grouped, nameOf, parentOf, visible } from "../text.js";
import { Changes } from "./changes.js";
import { Details } from "./details.js";
import { Search } from "./search.js";

const PAGE = 200;
const ROW = 30;

/** The tree at the point: the children of one znode, and one of them in full. */
export function TreeView({ data }: { data: Data }): JSX.Element {
  const now = point.value?.zxid ?? at.value;
  const diff = useAnswer(
    data,
    "diff",
    against.value === "" || !data.has("diff") ? null : { from: against.value, to: now, data: "none", limit: 2000 },
  );
  return (
    <div class="columns">
      <div>
        <Listing data={data} now={now} diff={against.value === "" ? null : diff.value} />
        <Search data={data} now={now} />
        {against.value === "" ? null : <Changes diff={diff} />}
      </div>
      <Details data={data} now={now} />
    </div>
  );
}

/** The znode whose children are listed: the path's own, or its parent's where it has none. */
function Listing({ data, now, diff }: { data: Data; now: string; diff: Diff | null }): JSX.Element {
  const [top, setTop] = useState(path.value);
  const [filter, setFilter] = useState("");
  const [selected, setSelected] = useState(-1);
  // How often the selection was moved, and up to which move the path has followed: its row may not be there yet.
  const [moves, setMoves] = useState(0);
  const followed = useRef(0);
  // Where the list itself has gone: the list stays.
  const own = useRef(path.value);
  // The row that was chosen here, and at which point: nobody needs to ask where it is.
  const chosenHere = useRef("");
  const goOn = (to: string, replace = false): void => {
    own.current = to;
    chosenHere.current = `${now} ${to}`;
    go({ path: to }, replace);
  };
  const pages = usePages(data, { at: now, path: top, filter: filter === "" ? undefined : filter });
  const { head, error } = pages;
  // Someone has gone elsewhere: there, if it has children, else to where it is one.
  useEffect(() => {
    const wanted = path.value;
    if (own.current === wanted) return;
    own.current = wanted;
    if (wanted === top) return;
    setFilter("");
    setSelected(-1);
    setTop(wanted);
  }, [path.value]);
  useEffect(() => {
    if (head && head.total === 0 && head.path === top && top !== "/") setTop(parentOf(top));
  }, [head]);
  // Where the path is one of those that are listed, it is brought in sight.
  useEffect(() => {
    const wanted = path.value;
    if (head?.path !== top || parentOf(wanted) !== top || wanted === "/" || pages.row(selected)?.path === wanted)
      return;
    if (chosenHere.current === `${now} ${wanted}`) return;
    void settled(
      data.ask("children", { at: now, path: top, limit: 1, find: wanted }),
      ({ found = -1 }) => {
        if (path.value === wanted && found >= 0 && filter === "") setSelected(found);
      },
      // It is not there at this point: nothing is chosen.
      () => setSelected(-1),
    );
  }, [path.value, head?.path, now]);
  const chosen = pages.row(selected)?.path;
  useEffect(() => {
    if (moves === followed.current || chosen === undefined) return;
    followed.current = moves;
    goOn(chosen, true);
  }, [chosen, moves]);
  const marks = marksOf(diff, top);
  const gone = [...marks].filter(([, mark]) => mark === "−").map(([name]) => name);
  const enter = (each: Znode | undefined): void => {
    if (!each) return;
    goOn(each.path);
    if ((each.stat?.numChildren ?? 0) > 0) {
      setTop(each.path);
      setSelected(-1);
      setFilter("");
    }
  };
  const up = (): void => {
    setSelected(-1);
    setTop(parentOf(top));
    goOn(parentOf(top));
  };
  const onKey = (event: KeyboardEvent): void => {
    const count = head?.matched ?? 0;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -count, End: count }[event.key];
    if (step !== undefined) {
      // Of keys that come faster than the page is drawn, none is lost.
      setSelected((current) => Math.min(Math.max(current + step, 0), count - 1));
      setMoves((all) => all + 1);
    } else if (event.key === "Enter" || event.key === "ArrowRight") enter(pages.row(selected));
    else if ((event.key === "Backspace" || event.key === "ArrowLeft") && top !== "/") up();
    else return;
    event.stopPropagation();
    event.preventDefault();
  };
  const row = (index: number): JSX.Element => {
    const each = pages.row(index);
    return (
      <Row
        key={index}
        index={index}
        znode={each}
        mark={each ? (marks.get(nameOf(each.path)) ?? "") : ""}
        isSelected={each ? each.path === path.value : false}
        enter={enter}
        look={() => {
          setSelected(index);
          if (each) goOn(each.path);
        }}
      />
    );
  };
  return (
    <Panel title="Znodes" id="znodes">
      <Crumbs
        top={top}
        show={(to) => {
          setTop(to);
          setSelected(-1);
          goOn(to);
        }}
      />
      <div class="bar">
        <button type="button" onClick={up} disabled={top === "/"}>
          ↑ up
        </button>
        <label>
          filter{" "}
          <input
            value={filter}
            name="filter"
            onInput={(event) => {
              setFilter(event.currentTarget.value);
              setSelected(-1);
            }}
          />
        </label>
        <span id="total" class="quiet">
          {head ? counted(head.total, "child", "children") : ""}
          {head && head.matched !== head.total ? `, ${grouped(head.matched)} match` : ""}
        </span>
      </div>
      <Failure text={error} />
      <VirtualRows
        count={head?.matched ?? 0}
        height={ROW}
        label={`children of ${visible(top, 200)}`}
        row={row}
        onRange={(from, to) => pages.want(from, to)}
        selected={selected}
        onKey={onKey}
      />
      {gone.length > 0 ? (
        <details>
          <summary>{counted(gone.length, "child", "children")} that the earlier point had and this one has not</summary>
          <ul>
            {gone.slice(0, 200).map((name) => (
              <li key={name} class="removed">
                − <PathLink path={top === "/" ? `/${name}` : `${top}/${name}`} text={name} />
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </Panel>
  );
}

function Crumbs({ top, show }: { top: string; show: (path: string) => void }): JSX.Element {
  const parts = top === "/" ? [] : top.slice(1).split("/");
  return (
    <nav class="crumbs" aria-label="path">
      <button type="button" class="link" onClick={() => show("/")}>
        /
      </button>
      {parts.map((name, index) => (
        <span key={index}>
          <button type="button" class="link" onClick={() => show(`/${parts.slice(0, index + 1).join("/")}`)}>
            <bdi>{visible(name, 60)}</bdi>
          </button>
          {index < parts.length - 1 ? "/" : ""}
        </span>
      ))}
    </nav>
  );
}

function Row({
  index,
  znode,
  mark,
  isSelected,
  enter,
  look,
}: {
  index: number;
  znode: Znode | undefined;
  mark: string;
  isSelected: boolean;
  enter: (znode: Znode | undefined) => void;
  look: () => void;
}): JSX.Element {
  const children = znode?.stat?.numChildren ?? 0;
  const kind = znode?.kind === undefined || znode.kind === "persistent" ? "" : znode.kind;
  return (
    <div
      id={`row-${index}`}
      class={`row ${isSelected ? "selected" : ""}`}
      role="option"
      aria-selected={isSelected}
      style={{ height: `${ROW}px` }}
      onClick={look}
      onDblClick={() => enter(znode)}
    >
      {mark === "" ? null : <span class={`diff ${mark === "+" ? "added" : "changed"}`}>{mark}</span>}
      <bdi class="name">{znode ? visible(nameOf(znode.path), 200) : "…"}</bdi>
      {kind === "" ? null : <span class="tag">{kind}</span>}
      <span class="quiet nowrap">
        {children > 0 ? `${counted(children, "child", "children")}, ` : ""}
        {znode?.stat ? bytes(znode.stat.dataLength ?? 0) : ""}
      </span>
      {children > 0 ? (
        <span
          class="open"
          aria-hidden="true"
          onClick={(event) => {
            event.stopPropagation();
            enter(znode);
          }}
        >
          ›
        </span>
      ) : null}
    </div>
  );
}

/** By name of a child: whether it came, changed, or something below it did; names of those that went. */
function marksOf(diff: Diff | null, top: string): Map<string, string> {
  const marks = new Map<string, string>();
  const inside = top === "/" ? "/" : `${top}/`;
  for (const { change, path: changed } of diff?.changes ?? []) {
    if (!changed.startsWith(inside)) continue;
    const [name = "", ...rest] = changed.slice(inside.length).split("/");
    const mark = rest.length > 0 ? "~" : change === "added" ? "+" : change === "removed" ? "−" : "~";
    if (rest.length === 0 || !marks.has(name)) marks.set(name, mark);
  }
  return marks;
}

interface Pages {
  head: Children | null;
  error: string;
  row(index: number): Znode | undefined;
  want(from: number, to: number): void;
}

/** Pages of a long list, asked for as they come in sight. */
function usePages(data: Data, params: { at: string; path: string; filter: string | undefined }): Pages {
  const key = JSON.stringify(params);
  const [head, setHead] = useState<Children | null>(null);
  const [error, setError] = useState("");
  const [, redraw] = useState(0);
  const known = useRef({ key: "", pages: new Map<number, Znode[]>(), asked: new Set<number>() });
  const ask = (page: number): void => {
    const { asked, pages } = known.current;
    if (asked.has(page)) return;
    asked.add(page);
    void settled(
      data.ask("children", { ...params, offset: page * PAGE, limit: PAGE }),
      (made) => {
        if (known.current.key !== key) return;
        pages.set(page, made.nodes);
        setHead(made);
        setError("");
        redraw((count) => count + 1);
      },
      (failed: Error) => {
        if (known.current.key !== key) return;
        setHead(null);
        setError(failed.message);
      },
    );
  };
  useEffect(() => {
    known.current = { key, pages: new Map(), asked: new Set() };
    ask(0);
  }, [key]);
  return {
    head,
    error,
    row: (index) => known.current.pages.get(Math.floor(index / PAGE))?.[index % PAGE],
    want(from, to) {
      if (known.current.key !== key) return;
      for (let page = Math.floor(from / PAGE); page * PAGE < to; page++) ask(page);
    },
  };
}
