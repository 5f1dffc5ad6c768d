import { JuteReader } from "../../jute/index.js";
import { type Acl, encodeAcl, OPEN_ACL, readAcl } from "../../storage/acl.js";
import { kindOf, type ZnodeKind } from "../../tree/index.js";
import { OpCode, type TxnCursor } from "../../txn/index.js";
import { fromHalves } from "../../storage/zxid.js";

/** A znode at one moment, as far as the files tell: what is undefined is not known. */
export interface ZnodeState {
  czxid: bigint | undefined;
  /** Milliseconds since 1970, as mtime. */
  ctime: bigint | undefined;
  mzxid: bigint | undefined;
  mtime: bigint | undefined;
  version: number | undefined;
  aversion: number | undefined;
  data: Buffer | null | undefined;
  /** The vector<ACL> as it is stored. */
  acl: Buffer | undefined;
  ephemeralOwner: bigint | undefined;
}

/** A znode that exists, and that is all that is known. */
export const UNKNOWN: Readonly<ZnodeState> = {
  czxid: undefined,
  ctime: undefined,
  mzxid: undefined,
  mtime: undefined,
  version: undefined,
  aversion: undefined,
  data: undefined,
  acl: undefined,
  ephemeralOwner: undefined,
};

/**
 * What a server that starts on nothing has: empty, with zeros for its stat. Into /zookeeper/config a server of an
 * ensemble writes its configuration when it starts, without a transaction: what it holds is not known.
 */
export function freshState(path: string): ZnodeState {
  const state: ZnodeState = {
    czxid: 0n,
    ctime: 0n,
    mzxid: 0n,
    mtime: 0n,
    version: 0,
    aversion: 0,
    data: Buffer.alloc(0),
    acl: OPEN_ACL,
    ephemeralOwner: 0n,
  };
  if (path !== "/zookeeper/config") return state;
  const acl = encodeAcl([{ perms: 1, scheme: "world", id: "anyone" }]);
  return { ...state, acl, aversion: -1, data: undefined, mtime: undefined, version: undefined };
}

/** The znode that a create makes. */
export function createdState(txn: TxnCursor): ZnodeState {
  const zxid = txn.zxid;
  const time = txn.time;
  return {
    czxid: zxid,
    ctime: time,
    mzxid: zxid,
    mtime: time,
    version: 0,
    aversion: 0,
    data: dataOf(txn),
    acl: aclOf(txn),
    ephemeralOwner: ownerOf(txn),
  };
}

/** The znode after a setData or reconfig. */
export function setState(before: Readonly<ZnodeState>, txn: TxnCursor): ZnodeState {
  return {
    ...before,
    mzxid: txn.zxid,
    mtime: txn.time,
    version: txn.version,
    data: dataOf(txn),
  };
}

/** The znode after a setACL. */
export function aclState(before: Readonly<ZnodeState>, txn: TxnCursor): ZnodeState {
  return { ...before, acl: aclOf(txn), aversion: txn.version };
}

/**
 * The entries of a state's ACL; undefined where it is not known.
 *
 * @example
 * import { aclEntries, history } from "zkrewind/forensics";
 * import { discover } from "zkrewind/recovery";
 *
 * await history(discover(["fixtures/3.8.6-standalone"]), "/counters/c7", { to: 0x100n }, {
 *   change: ({ after }) => console.log(after && aclEntries(after)),
 * });
 */
export function aclEntries({ acl }: Readonly<ZnodeState>): readonly Acl[] | undefined {
  if (!acl) return undefined;
  let entries = decoded.get(acl);
  if (!entries) {
    entries = readAcl(new JuteReader(new DataView(acl.buffer, acl.byteOffset, acl.byteLength))) ?? [];
    decoded.set(acl, entries);
  }
  return entries;
}

/** Most znodes share their ACL's bytes with others. */
const decoded = new WeakMap<Buffer, readonly Acl[]>();

/**
 * Undefined where it is not known.
 *
 * @example
 * import { history, kindOfState } from "zkrewind/forensics";
 * import { discover } from "zkrewind/recovery";
 *
 * await history(discover(["fixtures/3.8.6-standalone"]), "/counters/c7", { to: 0x100n }, {
 *   change: ({ after }) => console.log(after && kindOfState(after)),
 * });
 */
export function kindOfState({ ephemeralOwner }: Readonly<ZnodeState>): ZnodeKind | undefined {
  if (ephemeralOwner === undefined) return undefined;
  if (ephemeralOwner === 0n) return "persistent";
  return kindOf(Number(ephemeralOwner >> 32n), Number(ephemeralOwner & 0xffffffffn));
}

function dataOf({ view, dataStart, dataLength }: TxnCursor): Buffer | null {
  return dataLength < 0 ? null : copy(view, dataStart, dataStart + dataLength);
}

/** A null vector is open, as the server takes it. Most are like the last one: memory for one is enough. */
function aclOf({ view, aclStart, aclEnd }: TxnCursor): Buffer {
  if (view.getInt32(aclStart) < 0) return OPEN_ACL;
  const acl = Buffer.from(view.buffer, view.byteOffset + aclStart, aclEnd - aclStart);
  if (!acl.equals(lastAcl)) lastAcl = Buffer.from(acl);
  return lastAcl;
}

let lastAcl: Buffer = OPEN_ACL;

function ownerOf(txn: TxnCursor): bigint {
  if (txn.type === OpCode.createContainer) return -(2n ** 63n);
  if (txn.type === OpCode.createTTL) return BigInt.asIntN(64, TTL_MARK | fromHalves(txn.ttlHigh, txn.ttlLow));
  return txn.ephemeral ? txn.session : 0n;
}

const TTL_MARK = 0xff00000000000000n;

function copy(view: DataView, start: number, end: number): Buffer {
  return Buffer.from(Buffer.from(view.buffer, view.byteOffset + start, end - start));
}
