import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Data } from "./data/model.js";
import { go, notice, summary, timeline, VIEWS, type View, view } from "./state.js";
import { visible } from "./text.js";
import { useAnswer } from "./parts.js";
import { Changes } from "./views/changes.js";
import { EnsembleView } from "./views/ensemble.js";
import { PointBar } from "./views/point-bar.js";
import { SessionsView } from "./views/sessions.js";
import { SpaceView } from "./views/space.js";
import { step } from "./views/step.js";
import { zoomAtPoint } from "./views/stretch.js";
import { TimelineView } from "./views/timeline.js";
import { TransactionsView } from "./views/transactions.js";
import { TreeView } from "./views/tree.js";
import { VerdictStrip } from "./views/verdict.js";

const NAMES: Record<View, string> = {
  tree: "Tree",
  transactions: "Transactions",
  sessions: "Sessions",
  space: "Space",
  ensemble: "Ensemble",
};

const VIEW_OF: Record<View, (props: { data: Data }) => JSX.Element> = {
  tree: TreeView,
  transactions: TransactionsView,
  sessions: SessionsView,
  space: SpaceView,
  ensemble: EnsembleView,
};

/** How many times as much is shown then. */
const ZOOMS: Record<string, number> = { "+": 0.5, "=": 0.5, "-": 2 };

export function App({ data, title }: { data: Data; title: string }): JSX.Element {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
      const number = Number(event.key);
      const chosen = VIEWS[number - 1];
      if (chosen) go({ view: chosen });
      else if (event.key === "," || event.key === ".") void step(data, event.key === "," ? "back" : "on");
      else if (event.key in ZOOMS && timeline.value) zoomAtPoint(timeline.value, ZOOMS[event.key] ?? 1);
      else if (event.key === "0") go({ zoom: "" });
      else if (event.key === "/") document.querySelector<HTMLInputElement>("input[name=search]")?.focus();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  const shown = VIEWS.filter((each) => isThere(data, each));
  const Shown = VIEW_OF[shown.includes(view.value) ? view.value : (shown[0] ?? "transactions")];
  return (
    <>
      <a
        class="skip"
        href="#view"
        onClick={(event) => (event.preventDefault(), document.getElementById("view")?.focus())}
      >
        Skip to the view
      </a>
      <header>
        <h1>{title}</h1>
        <p class="mono" id="source">
          {(summary.value?.source ?? []).map((each) => visible(each, 200)).join(" ")}
        </p>
      </header>
      <main>
        <VerdictStrip />
        <TimelineView data={data} />
        <PointBar data={data} />
        <nav class="tabs" aria-label="views">
          {shown.map((each) => (
            <button
              key={each}
              type="button"
              aria-current={view.value === each ? "page" : undefined}
              onClick={() => go({ view: each })}
            >
              {NAMES[each]}
            </button>
          ))}
        </nav>
        <div id="view" tabIndex={-1}>
          {data.has("diff") && !data.isLive ? <Told data={data} /> : null}
          <Shown data={data} />
        </div>
      </main>
      <footer>
        <p class="quiet">
          Keys: 1 to {VIEWS.length} choose a view, comma and full stop step by transaction, + and − zoom, 0 shows all, /
          searches; in the tree, arrows move, open and close, letters choose a name.
        </p>
        <p role="status" class="notice" aria-live="polite">
          {notice.value}
        </p>
      </footer>
    </>
  );
}

/** What differs in the range that a report is about. */
function Told({ data }: { data: Data }): JSX.Element {
  return <Changes diff={useAnswer(data, "diff", {})} />;
}

function isThere(data: Data, each: View): boolean {
  if (each === "ensemble" && data.has("backups")) return true;
  return data.isLive || data.has(each === "tree" ? "children" : each);
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
}
