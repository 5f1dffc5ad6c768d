/** What the page knows of the answers: JSON of schema 1 (docs/json.md), and of the explorer's own (docs/explore.md). */

export interface Point {
  zxid: string;
  epoch: number;
  counter: number;
  time: string | null;
  exact: boolean;
  doubt?: string;
  unproven?: string[];
  later?: { zxid: string; why: string };
  inDoubt?: string[];
}

export interface AclEntry {
  perms: string;
  scheme: string | null;
  id: string | null;
}

export interface Stat {
  czxid: string;
  mzxid: string;
  pzxid: string;
  ctime: string;
  mtime: string;
  version: number;
  cversion: number;
  aversion: number;
  ephemeralOwner: string;
  dataLength: number;
  numChildren: number;
}

export interface Znode {
  path: string;
  pathBase64?: string;
  data?: string | null;
  encoding?: "utf8" | "base64" | "hex";
  acl?: AclEntry[] | null;
  aclId?: string;
  stat?: Partial<Stat>;
  kind?: string;
  ttl?: number;
}

export interface PointAnswer extends Point {
  znodes: number;
  sessions: number;
}

export interface Children {
  at: Point;
  path: string;
  total: number;
  matched: number;
  offset: number;
  pathBase64?: string;
  /** Where those stand that were to be found: -1 - N for one that is not there, and would stand before the Nth. */
  places?: number[];
  nodes: Znode[];
}

export interface Finding {
  code: string;
  severity: "error" | "warning" | "note";
  message: string;
  file?: string;
  zxid?: string;
  path?: string;
  meaning: string;
  server: string;
  next: string;
}

export interface Range {
  from: string;
  to: string;
  base: string | null;
  unproven: string[];
}

export interface Verdict {
  sound: boolean;
  transactions: number;
  digestsMatched: number;
  exact: Range[];
  later: { zxid: string; why: string } | null;
  gaps: { after: string; before: string; bridgedBy: string | null }[];
  startable: { starts: boolean; zxid: string | null; release: string; reasons: string[]; message: string | null };
  findings: Finding[];
  snapshots: { file: string; size: number; zxid: string | null; znodes: number }[];
  logs: { file: string; size: number; transactions: number; runs: { first: string; last: string }[] }[];
}

export interface StoredFile {
  file: string;
  size: number;
  zxid: string | null;
}

export interface Summary {
  source: string[];
  snapshots: StoredFile[];
  logs: StoredFile[];
  /** One of each server. */
  sources: string[];
  transactions: { count: number; first: Moment | null; last: Moment | null };
  indexing: { done: number; total: number; isWhole: boolean };
  verifying: { done: number; total: number; isWhole: boolean };
  /** Whether backup repositories are looked at. */
  hasCopies: boolean;
  comparing: { isWhole: boolean } | null;
  failure: string | null;
}

export interface Moment {
  zxid: string;
  time: string;
}

export interface Bucket {
  time: string;
  count: number;
  kinds: number[];
  bytes: number;
  failed: number;
  deletes: number;
  open: number;
  first: string;
  last: string;
}

export interface Mark {
  kind: "snapshot" | "epoch" | "hole" | "damage" | "deletes" | "burst";
  zxid: string;
  time: string;
  what: string;
}

export interface Timeline {
  isWhole: boolean;
  whole: { from: string; to: string } | null;
  from: string;
  to: string;
  kinds: string[];
  buckets: Bucket[];
  marks: Mark[];
  exact: { from: string; to: string; fromTime: string | null; toTime: string | null }[] | null;
}

export interface Txn {
  zxid: string;
  time: string;
  session: string;
  cxid: number;
  op: string;
  path?: string;
  data?: string | null;
  encoding?: string;
  version?: number;
  timeout?: number;
  paths?: string[];
  error?: unknown;
  members?: Txn[];
  ephemeral?: boolean;
  damaged?: boolean;
}

export interface Transactions {
  transactions: Txn[];
}

export interface Change {
  type: "change" | "hole";
  change: string;
  path: string;
  pathBase64?: string;
  zxid?: string;
  time?: string;
  session?: string;
  op?: string;
  cause?: { by: string; session?: string; ending?: string; probably?: string };
  before?: Znode | null;
  after?: string | Znode | null;
  fields?: string[];
  recreated?: boolean;
  by?: { zxid: string; time: string; session: string; op: string }[];
}

export interface History {
  path: string;
  changes: Change[];
  counts: { changes: number };
}

export interface Diff {
  from: Point;
  to: Point;
  changes: Change[];
  counts: { added: number; removed: number; changed: number };
  sessions: { opened: string[]; closed: string[] };
}

export interface Session {
  id: string;
  timeout: number | null;
  server: number;
  open: boolean;
  born: Moment | null;
  last: Moment | null;
  end: (Moment & { by: string; deletes: number | null; mayHaveExpired?: boolean | null }) | null;
  writes: number;
  bytes: number;
  ops: Record<string, number>;
  errors: Record<string, number>;
  ephemeralsMade: number;
  ephemerals?: number;
}

export interface Sessions {
  at: Point;
  sessions: Session[];
  ephemeralsWithoutSession: { path: string; owner: string }[];
  counts: { sessions: number };
}

export interface SessionDocument extends Session {
  ephemeralZnodes: { path: string; czxid: string; made: Moment | null; lost: (Moment & { by: string }) | null }[];
  counts: { ephemeralZnodes: number };
}

export interface Usage {
  znodes: number;
  records: number;
  values: number;
}

export interface Space {
  path: string;
  at: Point;
  total: Usage;
  subtrees: (Usage & { path: string; depth: number })[];
  largest: { path: string; bytes: number }[];
  children: { path: string; children: number; names: number }[];
  patterns: (Usage & { pattern: string })[];
}

export interface Growth {
  growth: { path: string; before: Usage; after: Usage }[];
}

export interface EpochRange {
  epoch: number;
  first: string;
  last: string;
  count: number;
}

export interface Ensemble {
  nodes: {
    name: string;
    sources: string[];
    snapshots: number;
    logs: number;
    transactions: number;
    epochs: EpochRange[];
    currentEpoch: string | null;
    lastLogged: string | null;
    lastSnapshot: string | null;
    reach: string | null;
    behind: number;
    holes: { first: string; last: string; count: number; bridgedBy: string | null; filledBy: string[] }[];
    damage: { code: string; message: string; zxid?: string }[];
  }[];
  voters: number;
  majority: number;
  shared: EpochRange | null;
  line: EpochRange[];
  last: string | null;
  divergence: {
    kind: string;
    zxid: string;
    after: string | null;
    sides: { nodes: string[]; next: Txn | null; own: Txn[]; count: number }[];
  } | null;
  tails: { kind: string; nodes: string[]; first: string; last: string; count: number; transactions: Txn[] }[];
  trees: {
    zxid: string;
    results: {
      node: string;
      same: boolean | null;
      differing: number;
      znodes?: number;
      differences: { path: string; change: string; fields: string[] }[];
    }[];
  } | null;
  best: { nodes: string[]; reasons: string[] };
  findings: Finding[];
}

/** What one or several repositories hold. */
export interface BackedUp {
  recoveryPoint: Moment | null;
  first: string | null;
  confirmed: string | null;
  voters: string[] | null;
  holes: { after: string | null; before: string }[];
  branches: { name: string; servers: string[]; first: string; last: string }[];
  newestSnapshot: string | null;
  snapshots: number;
  segments: number;
  bytes: number;
  servers: { server: string; recoveryPoint: Moment | null; shipped: string; segments: number; snapshots: number }[];
}

export interface Backups {
  repositories: (BackedUp & { location: string; behind: boolean })[];
  together: BackedUp;
  problems: { location: string; message: string }[];
}

export interface Hit extends Znode {
  type: "hit";
  where: string[];
}

/** A znode that was deleted before the point. */
export interface Gone {
  type: "gone";
  path: string;
  pathBase64?: string;
  zxid: string;
  time: string;
  session: string;
}

export type SearchLine =
  | Hit
  | Gone
  | { type: "progress" | "end" | "header"; done?: number; total?: number; hits?: number; isAllGone?: boolean };

/** What each answer is, by its name. */
export interface Answers {
  summary: Summary;
  verdict: Verdict;
  timeline: Timeline;
  transactions: Transactions;
  near: { transaction: Moment | null };
  point: PointAnswer;
  children: Children;
  node: Znode & { at: Point };
  history: History;
  diff: Diff;
  sessions: Sessions;
  session: SessionDocument;
  space: Space;
  growth: Growth;
  ensemble: Ensemble;
  backups: Backups;
}

export type AnswerName = keyof Answers;
export type Params = Record<string, string | number | undefined | readonly string[]>;

/** Where answers come from: a server, or a report's own data. */
export interface Data {
  readonly isLive: boolean;
  /** What it has: a report may lack some. */
  has(name: AnswerName | "search"): boolean;
  /** Throws an Error whose message can be shown. */
  ask<N extends AnswerName>(name: N, params?: Params): Promise<Answers[N]>;
  search(params: Params, onLine: (line: SearchLine) => void, signal: AbortSignal): Promise<void>;
}
