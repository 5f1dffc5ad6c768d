import { type Safe, safe, words } from "../text/safe.js";

/** What the body of a transaction is made of; `none` where the type is not known. */
export const Body = {
  none: 0,
  /** ustring path, buffer data, vector<ACL>, and more by its type. */
  create: 1,
  /** ustring path. */
  delete: 2,
  /** ustring path, buffer data, int version. */
  setData: 3,
  /** ustring path, vector<ACL>, int version. */
  setAcl: 4,
  /** ustring path, int version. */
  check: 5,
  /** int timeout. */
  createSession: 6,
  /** Nothing, or vector<ustring> of paths. */
  closeSession: 7,
  /** int error. */
  error: 8,
  /** vector of members. */
  multi: 9,
} as const;

/** What the body of a transaction is made of: one of {@link Body}. */
export type BodyKind = (typeof Body)[keyof typeof Body];

interface Operation {
  /** As ZooDefs.OpCode numbers it. */
  code: number;
  body: BodyKind;
}

/** Every transaction type. */
const OPERATIONS = {
  create: { code: 1, body: Body.create },
  delete: { code: 2, body: Body.delete },
  setData: { code: 5, body: Body.setData },
  setACL: { code: 7, body: Body.setAcl },
  check: { code: 13, body: Body.check },
  multi: { code: 14, body: Body.multi },
  create2: { code: 15, body: Body.create },
  reconfig: { code: 16, body: Body.setData },
  createContainer: { code: 19, body: Body.create },
  deleteContainer: { code: 20, body: Body.delete },
  createTTL: { code: 21, body: Body.create },
  createSession: { code: -10, body: Body.createSession },
  closeSession: { code: -11, body: Body.closeSession },
  error: { code: -1, body: Body.error },
} as const satisfies Record<string, Operation>;

/** The name of a transaction type, as ZooDefs.OpCode has it. */
export type OpName = keyof typeof OPERATIONS;

/** Every name, as users write them. */
export const OP_NAMES = Object.keys(OPERATIONS) as readonly OpName[];

/** The code of each operation. */
export const OpCode = Object.fromEntries(OP_NAMES.map((name) => [name, OPERATIONS[name].code])) as {
  readonly [Name in OpName]: (typeof OPERATIONS)[Name]["code"];
};

/** What a transaction does to the znode whose path it has; null where it has none, or only looks. */
export type Effect = "created" | "deleted" | "data" | "acl";

interface BodyTraits {
  hasPath: boolean;
  /** Whether it carries a znode's data, right after the path. */
  hasData: boolean;
  effect: Effect | null;
}

const TRAITS: Readonly<Record<BodyKind, BodyTraits>> = {
  [Body.none]: { hasPath: false, hasData: false, effect: null },
  [Body.create]: { hasPath: true, hasData: true, effect: "created" },
  [Body.delete]: { hasPath: true, hasData: false, effect: "deleted" },
  [Body.setData]: { hasPath: true, hasData: true, effect: "data" },
  [Body.setAcl]: { hasPath: true, hasData: false, effect: "acl" },
  [Body.check]: { hasPath: true, hasData: false, effect: null },
  [Body.createSession]: { hasPath: false, hasData: false, effect: null },
  [Body.closeSession]: { hasPath: false, hasData: false, effect: null },
  [Body.error]: { hasPath: false, hasData: false, effect: null },
  [Body.multi]: { hasPath: false, hasData: false, effect: null },
};

const CODES = OP_NAMES.map((name) => OpCode[name]);
const LOWEST = Math.min(...CODES);
/** By code, from the lowest on. */
const BODIES = new Uint8Array(Math.max(...CODES) - LOWEST + 1);
for (const { code, body } of Object.values(OPERATIONS)) BODIES[code - LOWEST] = body;

/**
 * What the body of a type is made of.
 *
 * @example
 * import { Body, bodyOf, OpCode } from "zkrewind/txn";
 *
 * console.log(bodyOf(OpCode.reconfig) === Body.setData, bodyOf(99) === Body.none);
 */
export function bodyOf(type: number): BodyKind {
  return (BODIES[type - LOWEST] ?? Body.none) as BodyKind;
}

/**
 * Whether a release up to 3.9 writes transactions of this type.
 *
 * @example
 * import { isKnownOp, OpCode } from "zkrewind/txn";
 *
 * console.log(isKnownOp(OpCode.createTTL), isKnownOp(99));
 */
export function isKnownOp(type: number): boolean {
  return bodyOf(type) !== Body.none;
}

/**
 * Whether its body begins with a path.
 *
 * @example
 * import { bodyOf, hasPath, OpCode } from "zkrewind/txn";
 *
 * console.log(hasPath(bodyOf(OpCode.delete)), hasPath(bodyOf(OpCode.multi)));
 */
export function hasPath(body: BodyKind): boolean {
  return TRAITS[body].hasPath;
}

/**
 * Whether its body carries a znode's data, after the path.
 *
 * @example
 * import { bodyOf, hasData, OpCode } from "zkrewind/txn";
 *
 * console.log(hasData(bodyOf(OpCode.create)), hasData(bodyOf(OpCode.delete)));
 */
export function hasData(body: BodyKind): boolean {
  return TRAITS[body].hasData;
}

/**
 * What a transaction with this body does to the znode whose path it has; null where it has none, or only looks.
 *
 * @example
 * import { bodyOf, effectOf, OpCode } from "zkrewind/txn";
 *
 * console.log(effectOf(bodyOf(OpCode.create2)), effectOf(bodyOf(OpCode.check)));
 */
export function effectOf(body: BodyKind): Effect | null {
  return TRAITS[body].effect;
}

const NAMES = new Map<number, OpName>(OP_NAMES.map((name) => [OpCode[name], name]));

/**
 * The name of a transaction type, or `unknown(17)`.
 *
 * @example
 * import { opName, OpCode } from "zkrewind/txn";
 *
 * console.log(opName(OpCode.setACL), opName(17));
 */
export function opName(type: number): Safe {
  const name = NAMES.get(type);
  return name === undefined ? safe`unknown(${type})` : words(name);
}
