import { DepthFirst, type PassingRecord } from "./depth-first.js";
import { Largest } from "./largest.js";
import { type PatternBranch, PathPatterns } from "./path-pattern.js";

/** What znodes take. */
export interface Usage {
  znodes: number;
  /** Bytes of their records in a snapshot: path, data, ACL id and stat. */
  records: number;
  /** Bytes of their data alone. */
  values: number;
}

export interface SubtreeUsage extends Usage {
  path: string;
  /** 0 for the top. */
  depth: number;
}

export interface DuOptions {
  /** The znode whose subtree is added up. */
  top: string;
  /** How deep below it subtrees are listed. */
  depth: number;
  /** How many of each list. */
  most: number;
  /** By what subtrees and patterns are listed, the largest first: records, if not said. */
  sort?: keyof Usage;
  /** Without patterns no path is made into a string but those that are listed. */
  patterns: boolean;
}

export interface DuReport {
  total: Usage;
  /** The largest first. */
  subtrees: SubtreeUsage[];
  /** Index 0 is the top alone. */
  depths: Usage[];
  largest: { path: string; values: number }[];
  /** `names`: what an answer to getChildren takes, which jute.maxbuffer limits too. */
  children: { path: string; children: number; names: number }[];
  patterns: (Usage & { pattern: string })[];
}

interface Open extends Usage {
  children: number;
  names: number;
  pathLength: number;
}

/** Adds up what znodes take, as they pass by: by subtree, depth, size, number of children and path pattern. */
export class DiskUsage extends DepthFirst {
  private readonly options: DuOptions;
  private readonly open: Open[] = [];
  private readonly total: Usage = nothing();
  private readonly depths: Usage[] = [];
  private readonly subtrees: Largest<SubtreeUsage>;
  private readonly largest: Largest<{ path: string; values: number }>;
  private readonly children: Largest<{ path: string; children: number; names: number }>;
  private readonly patterns = new PathPatterns<Usage>(nothing, addUsage);
  /** The patterns of the current znode and those above it, by depth. */
  private readonly branches: PatternBranch<Usage>[] = [];
  private folds = 0;

  constructor(options: DuOptions) {
    super(options.top);
    this.options = options;
    this.subtrees = new Largest(options.most);
    this.largest = new Largest(options.most);
    this.children = new Largest(options.most);
  }

  report(): DuReport {
    return {
      total: this.total,
      subtrees: this.subtrees.sorted(),
      depths: this.depths,
      largest: this.largest.sorted(),
      children: this.children.sorted(),
      patterns: this.patternList(),
    };
  }

  protected override enter(record: PassingRecord, depth: number): void {
    const { pathLength, dataLength, recordLength } = record;
    const values = Math.max(dataLength, 0);
    const parent = this.open[depth - 1];
    if (parent) {
      parent.children++;
      // A vector of ustrings: each is a length of four bytes and the name.
      parent.names += 4 + pathLength - parent.pathLength - 1;
    }
    this.open[depth] = { znodes: 1, records: recordLength, values, children: 0, names: 4, pathLength };
    count((this.depths[depth] ??= nothing()), values, recordLength);
    if (values > 0 && this.largest.wants(values)) this.largest.add(values, { path: this.pathOf(pathLength), values });
    if (this.options.patterns) count(this.patterns.valueOf(this.branchOf(record, depth)), values, recordLength);
  }

  private branchOf({ bytes, pathStart, pathLength }: PassingRecord, depth: number): PatternBranch<Usage> {
    const { patterns, branches } = this;
    const parent = this.open[depth - 1];
    const above = branches[depth - 1];
    if (parent && above && this.folds === patterns.folds) {
      const name = parent.pathLength + 1;
      branches[depth] = patterns.below(above, bytes, pathStart + name, pathLength - name);
    }
    if (!parent || this.folds !== patterns.folds) {
      // From the top on; the branches above it are nobody's parent here.
      const all = patterns.branchesTo(this.pathOf(pathLength));
      branches.splice(0, branches.length, ...all.slice(all.length - 1 - depth));
      this.folds = patterns.folds;
    }
    return branches[depth] as PatternBranch<Usage>;
  }

  protected override leave(depth: number): void {
    const done = this.open[depth] as Open;
    const { znodes, records, values, children, names, pathLength } = done;
    addUsage(this.open[depth - 1] ?? this.total, done);
    const size = done[this.options.sort ?? "records"];
    if (depth <= this.options.depth && this.subtrees.wants(size)) {
      this.subtrees.add(size, { path: this.pathOf(pathLength), depth, znodes, records, values });
    }
    if (children > 0 && this.children.wants(children)) {
      this.children.add(children, { path: this.pathOf(pathLength), children, names });
    }
  }

  private patternList(): (Usage & { pattern: string })[] {
    const list = this.patterns.entries().map(([pattern, usage]) => ({ pattern, ...usage }));
    const { sort = "records", most } = this.options;
    return list.sort((a, b) => b[sort] - a[sort] || (a.pattern < b.pattern ? -1 : 1)).slice(0, most);
  }
}

export function nothing(): Usage {
  return { znodes: 0, records: 0, values: 0 };
}

function count(usage: Usage, values: number, records: number): void {
  usage.znodes++;
  usage.records += records;
  usage.values += values;
}

export function addUsage(into: Usage, from: Usage): void {
  into.znodes += from.znodes;
  into.records += from.records;
  into.values += from.values;
}
