import type { FindingCode } from "../findings/kinds.js";
import type { Window } from "../io/window.js";
import { JuteReader } from "../jute/index.js";
import { type Message, say } from "../text/message.js";
import { skipAcl } from "./acl.js";
import type { AclList, SessionList } from "./snapshot-lists.js";
import { isZero } from "./zeros.js";
import { fromHalves, hex } from "./zxid.js";

/** What is said of damage in the lists before the znodes. */
export interface HeadDamage {
  report(code: FindingCode, message: Message, offset: number): void;
  /** The file ends, or a length is wrong: this many bytes were wanted. */
  cutShort(wanted: number): Promise<false>;
  /** Zeros from a place in the file on. */
  zeros(from: number): Promise<false>;
  /** Whether the file ends in a seal. */
  endsSealed(): Promise<boolean>;
}

/** Int count, then long sessionId, int timeout each. False where they are damaged so that nothing behind can be read. */
export async function readSessions(window: Window, sessions: SessionList, damage: HeadDamage): Promise<boolean> {
  const count = await readCount(window, say`sessions`, damage);
  if (count < 0) return false;
  const repeats = new Repeats("session", damage);
  for (let index = 0; index < count; index++) {
    if (window.available < SESSION && !(await window.need(SESSION))) return damage.cutShort(SESSION);
    const { view } = window.block;
    const { position } = window;
    const [high, low, timeout] = [view.getInt32(position), view.getUint32(position + 4), view.getInt32(position + 8)];
    if (high === 0 && low === 0 && (await atZeros(window))) return damage.zeros(window.offset);
    if (!sessions.add(high, low, timeout) && !repeats.add(fromHalves(high, low), window.offset)) return false;
    window.position += SESSION;
  }
  return true;
}

/** Int count, then long id, vector<ACL> each. */
export async function readAcls(window: Window, acls: AclList, damage: HeadDamage): Promise<boolean> {
  const count = await readCount(window, say`ACLs`, damage);
  if (count < 0) return false;
  const cursor = new JuteReader();
  const repeats = new Repeats("ACL", damage);
  for (let index = 0; index < count; index++) {
    const length = await entryLength(window, cursor);
    if (length < 0) return badAcl(window, say`entry ${index + 1} of ${count} of the ACL map`, damage);
    const { view, bytes } = window.block;
    const start = window.position;
    const [high, low] = [view.getInt32(start), view.getUint32(start + 4)];
    if (high === 0 && low === 0 && (await atZeros(window))) return damage.zeros(window.offset);
    if (!acls.add(high, low, bytes, start + 8, start + length) && !repeats.add(fromHalves(high, low), window.offset))
      return false;
    window.position += length;
  }
  return true;
}

/** -1, and a finding, where it cannot be right. */
async function readCount(window: Window, what: Message, damage: HeadDamage): Promise<number> {
  const at = window.offset;
  if (!(await window.need(4))) return (await damage.cutShort(4)) ? 0 : -1;
  const count = window.block.view.getInt32(window.position);
  window.position += 4;
  if (count >= 0 && count * SMALLEST <= window.available + window.unread) return count;
  damage.report("snapshot.length", say`a count of ${count} ${what}`, at);
  return -1;
}

async function badAcl(window: Window, what: Message, damage: HeadDamage): Promise<false> {
  const { offset } = window;
  if (await damage.endsSealed()) damage.report("snapshot.acl-map", say`${what} does not parse`, offset);
  else damage.report("snapshot.truncated", say`the file ends inside ${what}`, offset);
  return false;
}

/** The length of the ACL map's entry at the window's position, all of which is then in memory; -1 if it does not fit. */
async function entryLength(window: Window, cursor: JuteReader): Promise<number> {
  for (;;) {
    cursor.reset(window.block.view, window.position, window.limit);
    cursor.long();
    skipAcl(cursor);
    if (cursor.ok) return cursor.position - window.position;
    const before = window.available;
    await window.need(Math.max(2 * before, 64));
    if (window.available === before || before > MOST_ACL_BYTES) return -1;
  }
}

/** Whether zeros begin here, more than any entry has by itself. */
async function atZeros(window: Window): Promise<boolean> {
  await window.need(ZEROS);
  const { position, limit, block } = window;
  return isZero(block.bytes, position, Math.min(position + ZEROS, limit));
}

/**
 * Ids that occur again. A server writes maps, so that one is damage; many are no server's list at all, and are not read
 * on: a compressed file can claim any number of them.
 */
class Repeats {
  private count = 0;
  private readonly what: "session" | "ACL";
  private readonly damage: HeadDamage;

  constructor(what: "session" | "ACL", damage: HeadDamage) {
    this.what = what;
    this.damage = damage;
  }

  /** False where there are too many. */
  add(id: bigint, offset: number): boolean {
    const { what, damage } = this;
    damage.report("snapshot.repeated-id", say`${what} ${hex(id)} is listed again`, offset);
    if (++this.count < MOST_REPEATED) return true;
    damage.report(
      "snapshot.length",
      say`${this.count} ids of ${what}s are listed again: nothing after them is read`,
      offset,
    );
    return false;
  }
}

const SESSION = 12;
/** Bytes of a session, and of an ACL map's entry without ACLs. */
const SMALLEST = 12;
const ZEROS = 64;
const MOST_REPEATED = 16;
/** More than any ACL takes: a damaged length must not make the whole file be read into memory. */
const MOST_ACL_BYTES = 16 << 20;
