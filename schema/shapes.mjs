// What documents and lines are made of: one shape each for a znode, a transaction, a session, a finding, a change, a point.
import {
  arrayOf,
  base64,
  boolean,
  constant,
  count,
  define,
  integer,
  mapOf,
  object,
  oneOf,
  orNull,
  path,
  ref,
  string,
  strings,
  time,
  zxid,
} from "./terms.mjs";

const kind = oneOf("persistent", "ephemeral", "container", "ttl");
const change = oneOf("added", "removed", "changed");
const data = { data: orNull(string), encoding: ref("encoding") };

const stat = {
  czxid: zxid,
  mzxid: zxid,
  pzxid: zxid,
  ctime: time,
  mtime: time,
  version: integer,
  cversion: integer,
  aversion: integer,
  ephemeralOwner: zxid,
  dataLength: count,
};

/** A znode's fields, and those that not each has. */
export const node = { path, acl: orNull(ref("acl")), stat: ref("stat"), kind };
export const nodeOptional = {
  pathBase64: base64,
  ...data,
  aclId: ref("decimal"),
  ttl: count,
  orphan: constant(true),
};

/** A session's fields, and those that only logs tell. */
export const session = { id: zxid, timeout: orNull(integer) };
export const sessionOptional = {
  server: count,
  open: boolean,
  born: orNull(ref("moment")),
  last: orNull(ref("moment")),
  end: orNull(
    object(
      { zxid, time, by: oneOf("client", "server"), deletes: orNull(count) },
      { mayHaveExpired: { type: ["boolean", "null"] } },
    ),
  ),
  writes: count,
  bytes: count,
  ops: mapOf(count),
  errors: mapOf(count),
  ephemeralsMade: count,
  ephemerals: count,
};

const madeBy = { zxid, time, session: zxid, cxid: integer, op: string };
const madeByOptional = { multi: object({ member: count, of: count }), file: string, offset: count };

const body = {
  path,
  pathBase64: base64,
  ...data,
  acl: orNull(ref("acl")),
  ephemeral: boolean,
  parentCVersion: integer,
  ttl: { type: ["integer", "string"] },
  version: integer,
  timeout: integer,
  paths: strings,
  error: object({ code: integer, name: string }),
  raw: base64,
};

/** Bytes of znodes in a snapshot, and of their data. */
export const usage = { znodes: count, records: count, values: count };

/** Values. */
export const values = {
  zxid: define("64 bits in lower-case hex: a zxid, a session, the owner of an ephemeral.", {
    type: "string",
    pattern: "^0x[0-9a-f]{1,16}$",
  }),
  time: define("ISO 8601 in UTC with milliseconds; the milliseconds themselves where a date cannot hold them.", {
    type: "string",
    pattern: String.raw`^([+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z|-?\d{1,20})$`,
  }),
  decimal: define("64 bits in decimal.", { type: "string", pattern: String.raw`^-?\d{1,20}$` }),
  path: define("A znode's path. Bytes that are not UTF-8 show as U+FFFD: pathBase64 beside it has them.", string),
  base64: define("Bytes in base64.", { type: "string", pattern: "^[A-Za-z0-9+/]*={0,2}$" }),
  encoding: define("How the string beside it holds a value's bytes.", oneOf("utf8", "base64", "hex")),
  severity: define("How bad it is.", oneOf("error", "warning", "note")),
  unproven: define("What of exact states nothing proves.", arrayOf(oneOf("sessions", "acls", "/zookeeper", "pzxids"))),
  moment: define("A transaction's place in time.", object({ zxid, time })),
};

/** Shapes that are parts of others. */
export const shapes = {
  point: define(
    "A point that a state was rebuilt at. exact: it is proven to be the state at that zxid. time is null where no log has that transaction. doubt: why it is not exact. later: where the latest was asked for, a later state that the files show. inDoubt: znodes that may be wrong. partial: only what the transactions of logs without a beginning show is there.",
    object(
      { zxid, epoch: count, counter: count, time: orNull(time), exact: boolean },
      {
        doubt: string,
        unproven: ref("unproven"),
        later: object({ zxid, why: string }),
        inDoubt: strings,
        partial: constant(true),
      },
    ),
  ),
  digest: define(
    "A digest of the tree. verified: a transaction or snapshot of the server's says the same.",
    object({ version: count, value: ref("decimal") }, { verified: boolean }),
  ),
  acl: define(
    "The entries of an ACL. Permissions are letters, in the order cdrwa.",
    arrayOf(object({ perms: { type: "string", pattern: "^c?d?r?w?a?$" }, scheme: orNull(string), id: orNull(string) })),
  ),
  stat: define(
    "A znode's stat. cversion is the stored one. numChildren is left out where a snapshot is written in its own order.",
    object(stat, { numChildren: count }),
  ),
  knownNode: define(
    "A znode within a change, as far as it is known.",
    object(
      {},
      {
        ...data,
        acl: orNull(ref("acl")),
        aclId: ref("decimal"),
        stat: object({}, { ...stat, numChildren: count }),
        kind,
        ttl: count,
      },
    ),
  ),
  madeBy: define("Who made a change. multi: which member of a multi it was.", object(madeBy, madeByOptional)),
  member: define("A member of a multi.", object({ op: string }, body)),
  finding: define(
    "Something that is wrong with the files, or worth knowing. more: of one that sums up others of its kind and file. meaning, server and next are the kind's: docs/findings.md has them all.",
    object(
      {
        code: string,
        severity: ref("severity"),
        message: string,
        meaning: string,
        server: string,
        next: string,
      },
      {
        file: string,
        offset: count,
        zxid,
        path,
        more: object({ count }, { bytes: object({ from: count, to: count }), zxids: object({ from: zxid, to: zxid }) }),
      },
    ),
  ),
};

/** The lines of NDJSON, which are the items of a JSON document's lists, by their "type". */
export const lines = {
  node: define(
    "A znode. data and encoding are left out with --data none; null data has no encoding. acl is null where the ACL id (aclId) is in no map. ttl: milliseconds. orphan: no path of znodes leads to it from the root.",
    object({ type: constant("node"), ...node }, nodeOptional),
  ),
  txn: define(
    "A transaction. Which fields there are depends on op. raw: a body that is not understood. damaged: its checksum is wrong, nothing in it is certain. file and offset: where its record lies.",
    object(
      { type: constant("txn"), ...madeBy },
      {
        ...body,
        members: arrayOf(ref("member")),
        digest: ref("digest"),
        damaged: constant("log.crc"),
        file: string,
        offset: count,
      },
    ),
  ),
  session: define(
    "A session. A tree has its id and timeout (milliseconds; null where it is not known); the other fields are what logs tell of its life. ephemerals: how many it has at the point.",
    object({ type: constant("session"), ...session }, sessionOptional),
  ),
  ephemeral: define(
    "An ephemeral of a session: when it was made (null: before the logs) and how it went (null: it exists).",
    object({
      type: constant("ephemeral"),
      path,
      czxid: zxid,
      made: orNull(ref("moment")),
      lost: orNull(object({ zxid, time, by: oneOf("session end", "client", "another session"), session: zxid })),
    }),
  ),
  change: define(
    "A change of a znode: by one transaction (history: create, set, acl, delete; existed and unseen are by none) or between two states (diff: added, removed, changed; by has who made it, transactions how many there were). In before and after, null is a znode that does not exist; what is not known is left out.",
    object(
      {
        type: constant("change"),
        change: oneOf("existed", "create", "set", "acl", "delete", "unseen", ...change.enum),
        path,
      },
      {
        pathBase64: base64,
        before: orNull(ref("knownNode")),
        after: orNull(ref("knownNode")),
        ...madeBy,
        ...madeByOptional,
        life: count,
        cause: object(
          { by: oneOf("client", "session", "container", "ttl", "reaper") },
          { session: zxid, ending: oneOf("client", "server"), probably: constant("expired") },
        ),
        since: zxid,
        snapshot: orNull(string),
        fields: strings,
        recreated: boolean,
        by: arrayOf(ref("madeBy")),
        transactions: count,
      },
    ),
  ),
  hole: define(
    "Transactions that are missing or unreadable, between two that are there. after is null at the beginning.",
    object({ type: constant("hole"), after: orNull(zxid), before: zxid }),
  ),
  undo: define(
    "A step of an undo. version: what it expects. possible: whether a client can do it. zkcli: the commands for zkCli; null where zkCli has no words for it.",
    object(
      { type: constant("undo"), op: string, path, possible: boolean, zkcli: orNull(strings) },
      {
        pathBase64: base64,
        data: orNull(string),
        encoding: constant("base64"),
        acl: orNull(ref("acl")),
        kind,
        ttl: count,
        version: integer,
        note: string,
      },
    ),
  ),
  subtree: define("The space of a subtree.", object({ type: constant("subtree"), path, depth: count, ...usage })),
  depth: define("What lies at one depth.", object({ type: constant("depth"), depth: count, ...usage })),
  value: define("A large value.", object({ type: constant("value"), path, bytes: count })),
  children: define(
    "A znode with many children. names: the bytes of their names.",
    object({ type: constant("children"), path, children: count, names: count }),
  ),
  pattern: define(
    "Znodes whose paths are alike but for ids and numbers.",
    object({ type: constant("pattern"), pattern: string, ...usage }),
  ),
  grown: define(
    "A subtree that grew or shrank.",
    object({ type: constant("grown"), path, before: object(usage), after: object(usage) }),
  ),
  hit: define(
    "What an audit found.",
    object({ type: constant("hit"), audit: string, detail: string }, { path, session: zxid, acl: ref("acl") }),
  ),
};
