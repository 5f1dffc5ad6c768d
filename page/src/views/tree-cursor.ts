import { useEffect, useRef, useState } from "preact/hooks";
import type { Data } from "../data/model.js";
import { go, notice, path } from "../state.js";
import { visible } from "../text.js";
import type { Marks } from "../tree/marks.js";
import { TreeRows } from "../tree/rows.js";
import { above } from "../tree/znode-id.js";

/** Which row is chosen, and the rows. */
export interface Cursor {
  rows: TreeRows | null;
  error: string;
  filter: string;
  setFilter: (text: string) => void;
  /** -1 where the chosen znode has no row. */
  index: number;
  /** Whether the chosen znode is one that only the other point has. */
  isGone: boolean;
  move: (index: number) => void;
  /** Opens or closes the chosen row. */
  toggle: () => void;
  /** Chooses the sibling whose name begins with a text. */
  choose: (text: string) => Promise<void>;
  /** Does what a key says; false where it says nothing. */
  press: (key: string) => boolean;
}

/** What is open stays open, whichever view is looked at in between. */
const open = new Set<string>(["/"]);

/** The rows of the tree at a point; the chosen one is that of the address. */
export function useCursor(data: Data, now: string, marks: Marks | null): Cursor {
  const [rows, setRows] = useState<TreeRows | null>(null);
  const [error, setError] = useState("");
  const [filter, setFilter] = useState("");
  const [, redraw] = useState(0);
  // Keys come faster than the page is drawn: where they lead is known at once. `isAwaited`: its row is being read.
  const place = useRef({ index: -1, isAwaited: false });
  // Where the tree itself has gone: nobody needs to be led there.
  const own = useRef("");

  const follow = (): void => {
    if (!rows) return;
    const { index, isAwaited } = place.current;
    if (!isAwaited) place.current.index = rows.indexOf(path.value);
    else if (index < rows.count && rows.row(index).id !== null) move(index);
  };
  // Someone has gone elsewhere: what is above it opens, and itself.
  useEffect(() => {
    const wanted = path.value;
    if (own.current === wanted) return;
    own.current = wanted;
    place.current = { index: -1, isAwaited: false };
    for (const each of [...above(wanted), wanted]) open.add(each);
    if (filter !== "") setFilter("");
    // Where the point changes as well, its own rows come.
    else if (rows)
      void rows.reveal(wanted).then(
        (isThere) => (isThere ? rows.open(wanted) : undefined),
        () => {},
      );
  }, [path.value, rows]);
  const shown = useRef<TreeRows | null>(null);
  useEffect(() => {
    let isOld = false;
    // Rows that come for what is shown no more change nothing.
    const onChange = (): void => {
      if (!isOld) redraw((count) => count + 1);
    };
    const show = async (): Promise<void> => {
      const made = await TreeRows.of(data, { at: now, filter, marks }, open, shown.current, onChange);
      if (!isOld && filter === "") await made.reveal(path.value);
      if (isOld) return;
      shown.current = made;
      setError("");
      setRows(made);
    };
    show().catch((failed: unknown) => {
      if (!isOld) setError(failed instanceof Error ? failed.message : String(failed));
    });
    return () => {
      isOld = true;
    };
  }, [now, filter, marks]);
  follow();

  function move(index: number): void {
    if (!rows) return;
    const to = Math.min(Math.max(index, 0), rows.count - 1);
    const { id } = rows.row(to);
    place.current = { index: to, isAwaited: id === null };
    if (id !== null) {
      own.current = id;
      go({ path: id }, true);
    } else redraw((count) => count + 1);
  }
  const row = rows && place.current.index >= 0 ? rows.row(place.current.index) : null;
  const toggle = (): void => {
    const current = rows && place.current.index >= 0 ? rows.row(place.current.index) : null;
    if (!rows || !current || current.id === null || current.id === "/") return;
    if (current.isOpen) {
      open.delete(current.id);
      rows.close(current.id);
    } else if ((current.znode?.stat?.numChildren ?? 0) > 0) {
      open.add(current.id);
      rows.open(current.id).catch((failed: Error) => setError(failed.message));
    }
  };
  const press = (key: string): boolean => {
    if (!rows) return false;
    const { index } = place.current;
    const current = index >= 0 ? rows.row(index) : null;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 14, PageUp: -14 }[key];
    if (step !== undefined) move(Math.max(index, step < 0 ? 0 : -1) + step);
    else if (key === "Home") move(0);
    else if (key === "End") move(rows.count - 1);
    else if (key === "Enter") toggle();
    else if (key === "ArrowRight" && current?.isOpen) move(index + 1);
    else if (key === "ArrowRight") toggle();
    else if (key === "ArrowLeft" && current?.isOpen && current.id !== "/") toggle();
    else if ((key === "ArrowLeft" || key === "Backspace") && current?.parent) move(rows.indexOf(current.parent.id));
    else return key === "Backspace" || key === "ArrowLeft";
    return true;
  };
  const choose = async (text: string): Promise<void> => {
    if (!rows) return;
    const current = place.current.index >= 0 ? rows.row(place.current.index) : null;
    const id = await rows.beginning(current?.parent ?? rows.root, text);
    if (id === null) notice.value = `no name here begins with ${visible(text, 60)}`;
    else move(rows.indexOf(id));
  };
  return {
    rows,
    error,
    filter,
    setFilter,
    index: place.current.index,
    isGone: row?.isGone === true && row.id === path.value,
    move,
    toggle,
    choose,
    press,
  };
}
