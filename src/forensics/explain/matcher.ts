import type { Answer, Origin } from "./answer.js";
import { ANSWERS } from "./answers/index.js";
import { messageTable } from "./message-table.js";
import { type TemplatePlace, shapeOf, Template } from "./template.js";

/** A message that was recognised in a line; without an answer where it is known and not about files. */
export interface Match extends TemplatePlace {
  answer: Answer | null;
  template: Template;
}

interface Entry {
  answer: Answer | null;
  template: Template;
}

/** How many shapes of lines are remembered. */
const MOST_SHAPES = 10_000;

/** Finds the known messages in lines. Lines of one shape, that differ in numbers and paths only, are cheap. */
export class Matcher {
  private readonly entries: readonly Entry[] = allEntries();
  private readonly shapes = new Map<string, readonly Entry[]>();

  /** What is said in a line, in the order in which it is said there. `origin`: what its exception was thrown in. */
  match(line: string, origin: Origin | null): Match[] {
    const found: Match[] = [];
    for (const { answer, template } of this.candidates(line)) {
      if (answer?.origin !== undefined && answer.origin !== origin) continue;
      const place = template.find(line);
      if (place) found.push({ answer, template, ...place });
    }
    return found.filter((each) => !found.some((other) => saysMore(other, each))).sort((a, b) => a.start - b.start);
  }

  private candidates(line: string): readonly Entry[] {
    const shape = shapeOf(line);
    let entries = this.shapes.get(shape);
    if (!entries) {
      entries = this.entries.filter(({ template }) => shape.includes(template.anchor));
      if (this.shapes.size >= MOST_SHAPES) this.shapes.clear();
      this.shapes.set(shape, entries);
    }
    return entries;
  }
}

/** Whether a match covers another, or says more in the same place. */
function saysMore(a: Match, b: Match): boolean {
  if (a === b || a.start > b.start || a.end < b.end) return false;
  if (a.start < b.start || a.end > b.end) return true;
  if (a.template.words !== b.template.words) return a.template.words > b.template.words;
  // One text can be in two answers only where their origins tell them apart: the one that knows its origin.
  return a.answer?.origin !== undefined && b.answer?.origin === undefined;
}

function allEntries(): Entry[] {
  const entries: Entry[] = [];
  const answered = new Set<string>();
  for (const answer of ANSWERS) {
    for (const source of [...answer.says, ...(answer.also ?? [])]) {
      const template = new Template(source);
      answered.add(template.text);
      entries.push({ answer, template });
    }
  }
  for (const text of messageTable().keys()) {
    if (answered.has(text)) continue;
    const template = new Template(text);
    // A word or two could be anything.
    if (template.anchor.includes(" ")) entries.push({ answer: null, template });
  }
  return entries;
}
