import type { JSX } from "preact";
import type { Row } from "../tree/branch.js";
import type { Mark } from "../tree/marks.js";
import { bytes, counted, nameOf, visible } from "../text.js";

/** Pixels. */
export const ROW = 28;
const INDENT = 14;
const MOST_INDENTS = 14;

const MARKS: Record<Mark, { sign: string; style: string; words: string }> = {
  "": { sign: "", style: "", words: "" },
  "+": { sign: "+", style: "added", words: "added" },
  "−": { sign: "−", style: "removed", words: "removed" },
  "~": { sign: "~", style: "changed", words: "changed" },
  below: { sign: "·", style: "changed", words: "something below it differs" },
};

/** A znode in the tree. */
export function TreeRow({
  index,
  row,
  mark,
  isSelected,
  choose,
  toggle,
}: {
  index: number;
  row: Row;
  mark: Mark;
  isSelected: boolean;
  choose: () => void;
  toggle: () => void;
}): JSX.Element {
  const { znode, level, place, siblings, isOpen, isGone } = row;
  const children = znode?.stat?.numChildren ?? 0;
  const canOpen = children > 0 || isOpen;
  const kind = znode?.kind === undefined || znode.kind === "persistent" ? "" : znode.kind;
  const { sign, style, words } = MARKS[isGone ? "−" : mark];
  const size = znode?.stat?.dataLength;
  return (
    <div
      id={`row-${index}`}
      class={`row ${isSelected ? "selected" : ""} ${isGone ? "gone" : ""}`}
      role="treeitem"
      aria-selected={isSelected}
      aria-level={level}
      aria-setsize={siblings}
      aria-posinset={place + 1}
      {...(canOpen ? { "aria-expanded": isOpen } : {})}
      style={{ height: `${ROW}px`, paddingLeft: `${6 + INDENT * Math.min(level - 1, MOST_INDENTS)}px` }}
      onClick={choose}
      onDblClick={toggle}
    >
      <span
        class="twisty"
        aria-hidden="true"
        onClick={(event) => {
          event.stopPropagation();
          toggle();
        }}
      >
        {canOpen ? (isOpen ? "▾" : "▸") : ""}
      </span>
      {level - 1 > MOST_INDENTS ? <span class="tag">{level - 1}</span> : null}
      {sign === "" ? null : (
        <span class={`diff ${style}`} title={words} role="img" aria-label={words}>
          {sign}
        </span>
      )}
      <bdi class="name">{znode ? visible(nameOf(znode.path), 200) : "…"}</bdi>
      {kind === "" ? null : <span class="tag">{kind}</span>}
      <span class="quiet nowrap">
        {children > 0 ? counted(children, "child", "children") : ""}
        {children > 0 && size !== undefined ? ", " : ""}
        {size === undefined ? "" : bytes(size)}
      </span>
    </div>
  );
}
