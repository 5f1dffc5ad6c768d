import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { AnswerName, Answers, Data, Params } from "./data/model.js";
import { settled } from "./settled.js";
import { go, notice } from "./state.js";
import { timeText, visible } from "./text.js";
import { idOf } from "./tree/znode-id.js";

/** What an answer has come to. */
export interface Asked<T> {
  value: T | null;
  error: string;
  isAsking: boolean;
}

/** Asks anew whenever what is asked for changes; the old answer stays until the new one is there. */
export function useAnswer<N extends AnswerName>(data: Data, name: N, params: Params | null): Asked<Answers[N]> {
  const key = params === null ? "" : JSON.stringify([name, params]);
  const [state, setState] = useState<Asked<Answers[N]>>({ value: null, error: "", isAsking: params !== null });
  useEffect(() => {
    if (params === null) {
      setState({ value: null, error: "", isAsking: false });
      return undefined;
    }
    let isOld = false;
    setState((before) => ({ ...before, isAsking: true }));
    void settled(
      data.ask(name, params),
      (value) => {
        if (!isOld) setState({ value, error: "", isAsking: false });
      },
      (error: Error) => {
        if (!isOld) setState({ value: null, error: error.message, isAsking: false });
      },
    );
    return () => {
      isOld = true;
    };
  }, [key]);
  return state;
}

export function Failure({ text }: { text: string }): JSX.Element | null {
  return text === "" ? null : (
    <p class="failure" role="alert">
      {visible(text)}
    </p>
  );
}

/** A transaction that one can go to. */
export function Zxid({ zxid, title }: { zxid: string; title?: string }): JSX.Element {
  return (
    <button
      type="button"
      class="link mono"
      title={title ?? "show the tree after this transaction"}
      onClick={() => go({ at: zxid })}
    >
      {zxid}
    </button>
  );
}

export function SessionLink({ id }: { id: string }): JSX.Element {
  if (id === "0x0") return <span class="mono">the server</span>;
  return (
    <button type="button" class="link mono" onClick={() => go({ view: "sessions", session: id })}>
      {id}
    </button>
  );
}

/** A znode that one can go to. */
export function PathLink({ path, pathBase64 }: { path: string; pathBase64?: string | undefined }): JSX.Element {
  return (
    <button type="button" class="link path" onClick={() => go({ view: "tree", path: idOf({ path, pathBase64 }) })}>
      <bdi>{visible(path, 300)}</bdi>
    </button>
  );
}

export function Time({ time }: { time: string | null | undefined }): JSX.Element {
  return (
    <time class="nowrap" dateTime={time ?? ""}>
      {timeText(time)}
    </time>
  );
}

/** A command line, to copy. */
export function Command({ line, what }: { line: string; what?: string }): JSX.Element {
  return (
    <div class="command">
      {what ? <span class="what">{what}</span> : null}
      <code>{visible(line, 400)}</code>
      <button type="button" onClick={() => void copy(line)} aria-label={`copy: ${visible(line, 80)}`}>
        copy
      </button>
    </div>
  );
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notice.value = "copied";
  } catch {
    notice.value = "the browser does not let the page copy: select the text instead";
  }
}

export function Panel({
  title,
  children,
  id,
}: {
  title: string;
  children: ComponentChildren;
  id?: string;
}): JSX.Element {
  return (
    <section class="panel" aria-label={title} id={id}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** Rows of a tree, all of one height, of which only those in sight are made: a million scroll as a hundred do. */
export function VirtualRows({
  count,
  height,
  label,
  row,
  onRange,
  range,
  selected,
  onKey,
}: {
  count: number;
  height: number;
  label: string;
  row: (index: number) => JSX.Element;
  /** Told which rows are in sight, whenever these change, or `range` does. */
  onRange: (from: number, to: number) => void;
  range: unknown;
  /** The row that is to be in sight. */
  selected: number;
  onKey: (event: KeyboardEvent) => void;
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [room, setRoom] = useState(400);
  // Browsers know no element that is higher than some 16 million pixels.
  const real = count * height;
  const shown = Math.min(real, MOST_PIXELS);
  const ratio = shown > room && real > shown ? (real - room) / (shown - room) : 1;
  const from = Math.max(Math.floor((top * ratio) / height) - 4, 0);
  const to = Math.min(from + Math.ceil(room / height) + 8, count);
  useEffect(() => onRange(from, to), [from, to, count, range]);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const watch = new ResizeObserver(() => setRoom(element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    const element = box.current;
    if (!element || selected < 0) return;
    const y = (selected * height) / ratio;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + height > element.scrollTop + element.clientHeight)
      element.scrollTop = y + height - element.clientHeight;
  }, [selected, count]);
  const rows = [];
  for (let index = from; index < to; index++) rows.push(row(index));
  return (
    <div
      class="rows"
      ref={box}
      role="tree"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={selected >= from && selected < to ? `row-${selected}` : undefined}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKey}
    >
      <div class="space" role="presentation" style={{ height: `${shown}px` }}>
        <div
          role="presentation"
          style={{ transform: `translateY(${Math.max(top - (top * ratio - from * height), 0)}px)` }}
        >
          {rows}
        </div>
      </div>
    </div>
  );
}

const MOST_PIXELS = 15_000_000;
