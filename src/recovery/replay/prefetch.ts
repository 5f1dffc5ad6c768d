import type { Window } from "../../io/window.js";
import type { ZnodeStore } from "../../tree/index.js";
import { OpCode } from "../../txn/index.js";
import { RECORD_HEAD, TXN_HEADER_LENGTH } from "../../storage/log-record.js";
import { SLASH } from "../../storage/path.js";

/** Records looked at in one go: enough to keep the memory busy, few enough to be still in the cache when applied. */
const BATCH = 96;
/** Paths looked at in one go, at most: a multi has several, and a create changes the parent too. */
const MOST_PATHS = 3 * BATCH;

/**
 * Touches the znodes that the next transactions in a log's window will change.
 *
 * A replay spends most of its time waiting for memory: each transaction goes to another znode, and index, columns and
 * record are each a cache miss that the next step depends on. Touching a hundred znodes in a row lets the processor
 * wait for many of them at once. It changes nothing: what it reads may be damaged or be no path at all.
 */
export class Prefetch {
  private readonly hashes = new Uint32Array(MOST_PATHS);
  private count = 0;
  /** Records that are still covered by the last look. */
  private left = 0;

  /** To be called before each record is applied, with the window at the record after it. */
  next(window: Window, znodes: ZnodeStore): void {
    if (this.left-- > 0) return;
    this.left = this.look(window, znodes);
  }

  private look(window: Window, znodes: ZnodeStore): number {
    const { view } = window.block;
    const { limit } = window;
    this.count = 0;
    let records = 0;
    let at = window.position;
    while (records < BATCH && at + RECORD_HEAD + TXN_HEADER_LENGTH + 8 <= limit) {
      const length = view.getInt32(at + 8);
      const end = at + RECORD_HEAD + length;
      if (length < TXN_HEADER_LENGTH || end > limit) break;
      const body = at + RECORD_HEAD + TXN_HEADER_LENGTH;
      // The header's last int.
      const type = view.getInt32(body - 4);
      if (type === OpCode.multi) this.lookAtMembers(window, body, end);
      else this.lookAtBody(window, type, body, end);
      records++;
      at = end + 1;
    }
    znodes.touch(this.hashes, this.count);
    return records;
  }

  /** Each member: int type, buffer body. */
  private lookAtMembers(window: Window, body: number, end: number): void {
    const { view } = window.block;
    const members = view.getInt32(body);
    for (let index = 0, at = body + 4; index < members && at + 12 <= end; index++) {
      const next = at + 8 + view.getInt32(at + 4);
      if (next < at + 12 || next > end) return;
      this.lookAtBody(window, view.getInt32(at), at + 8, next);
      at = next;
    }
  }

  private lookAtBody(window: Window, type: number, body: number, end: number): void {
    const { view, kernel } = window.block;
    const length = view.getInt32(body);
    const path = body + 4;
    if (type <= 0 || length <= 0 || path + length > end || this.count + 2 > MOST_PATHS) return;
    this.hashes[this.count++] = kernel.path_hash(path, length);
    if (type === OpCode.setData) return;
    let parent = length - 1;
    while (parent > 0 && view.getUint8(path + parent) !== SLASH) parent--;
    this.hashes[this.count++] = kernel.path_hash(path, parent);
  }
}
