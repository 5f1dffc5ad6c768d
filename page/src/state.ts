import { computed, effect, signal } from "@preact/signals";
import { shellWord } from "./text.js";
import { settled } from "./settled.js";
import type { Data, Point, PointAnswer, Summary, Timeline, Verdict } from "./data/model.js";

/** What the page shows: all of it that matters is in the address, so that a link leads to the same. */

export const VIEWS = ["tree", "transactions", "sessions", "space", "ensemble"] as const;
export type View = (typeof VIEWS)[number];

interface Place {
  /** A zxid, or `latest`. */
  at: string;
  path: string;
  view: View;
  /** Another point that the tree is compared with; empty for none. */
  against: string;
  /** The stretch of time that the timeline shows, in milliseconds; empty for all. */
  zoom: string;
  /** A session that is looked at. */
  session: string;
  /** What transactions are listed: filters, as a query. */
  filter: string;
}

const NOWHERE: Place = { at: "latest", path: "/", view: "tree", against: "", zoom: "", session: "", filter: "" };

function placeOf(hash: string): Place {
  const values = new URLSearchParams(hash.replace(/^#/, ""));
  const place = { ...NOWHERE };
  for (const key of Object.keys(NOWHERE) as (keyof Place)[]) {
    const value = values.get(key);
    if (value !== null) Object.assign(place, { [key]: value });
  }
  if (!(VIEWS as readonly string[]).includes(place.view)) place.view = "tree";
  if (!/^(?:\/|base64:)/.test(place.path)) place.path = "/";
  return place;
}

export const place = signal<Place>(placeOf(location.hash));

/** Goes somewhere; `replace` leaves no trace in the browser's history, as for steps of a drag. */
export function go(to: Partial<Place>, replace = false): void {
  const next = { ...place.value, ...to };
  const values = new URLSearchParams();
  for (const key of Object.keys(NOWHERE) as (keyof Place)[]) if (next[key] !== NOWHERE[key]) values.set(key, next[key]);
  const address = `#${values.toString()}`;
  if (address !== location.hash && !(address === "#" && location.hash === ""))
    history[replace ? "replaceState" : "pushState"](null, "", address);
  place.value = next;
}

export function follow(): void {
  addEventListener("popstate", () => {
    place.value = placeOf(location.hash);
  });
  addEventListener("hashchange", () => {
    place.value = placeOf(location.hash);
  });
}

export const at = computed(() => place.value.at);
export const path = computed(() => place.value.path);
export const view = computed(() => place.value.view);
export const against = computed(() => place.value.against);

export const summary = signal<Summary | null>(null);
export const verdict = signal<Verdict | null>(null);
export const timeline = signal<Timeline | null>(null);
/** What `at` has led to. */
export const point = signal<PointAnswer | null>(null);
/** Said to whoever cannot see what changes, and shown for a moment. */
export const notice = signal("");
export const failure = signal("");

/** What a command line names: the source, and the other servers of its ensemble. */
export function sourceWords(): string {
  const { source = [], sources = [] } = summary.value ?? {};
  const others = sources.slice(1).map((each) => `--node ${shellWord(each)}`);
  return [...(source.length > 0 ? source.map(shellWord) : ["SOURCE"]), ...others].join(" ");
}

export function isExact({ exact }: Point): boolean {
  return exact;
}

/** Begins to ask: for the summary again and again until all is read, for the rest when the place changes. */
export function begin(data: Data): void {
  void poll(data);
  effect(() => {
    const wanted = at.value;
    void settled(
      data.ask("point", { at: wanted }),
      (answer) => {
        if (at.value !== wanted) return;
        point.value = answer;
        failure.value = "";
      },
      (error: Error) => {
        if (at.value === wanted) failure.value = error.message;
      },
    );
  });
  const zoom = computed(() => place.value.zoom);
  effect(() => {
    void zoom.value;
    void loadTimeline(data);
  });
}

let zoomShown = "";
let isLoading = false;

/** Of zooms that come faster than answers, the last is asked for. */
async function loadTimeline(data: Data): Promise<void> {
  const { zoom } = place.peek();
  if (isLoading || (timeline.peek()?.isWhole && zoom === zoomShown)) return;
  isLoading = true;
  zoomShown = zoom;
  const [from, to] = zoom === "" ? [] : zoom.split("~");
  const made = await data.ask("timeline", { from, to, buckets: 240 }).catch((error: Error) => {
    failure.value = error.message;
    return null;
  });
  isLoading = false;
  if (made) timeline.value = made;
  if (place.peek().zoom !== zoom) await loadTimeline(data);
}

async function poll(data: Data): Promise<void> {
  for (;;) {
    const made = await data.ask("summary").catch((error: Error) => {
      failure.value = error.message;
      return null;
    });
    if (made) {
      summary.value = made;
      if (made.verifying.isWhole && !verdict.value) verdict.value = await data.ask("verdict").catch(() => null);
      if (!timeline.value?.isWhole) await loadTimeline(data);
      else if (verdict.value && !timeline.value.exact) {
        zoomShown = "again";
        await loadTimeline(data);
      }
      const done = made.verifying.isWhole && made.indexing.isWhole && (made.comparing?.isWhole ?? true);
      if ((done && timeline.value?.isWhole && verdict.value && timeline.value.exact) || made.failure) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
}
