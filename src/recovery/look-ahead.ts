import type { Window } from "../storage/window.js";
import type { ZnodeStore } from "../tree/index.js";
import { OpCode } from "../txn/index.js";

/** Records looked at in one go: enough to keep the memory busy, few enough to be still in the cache when applied. */
const BATCH = 96;
/** Long checksum, int length. */
const RECORD_HEAD = 12;
/** TxnHeader: the type is its last int, and most bodies begin with a path. */
const TXN_HEADER = 32;

/**
 * Touches the znodes that the next transactions in a log's window will change.
 *
 * A replay spends most of its time waiting for memory: each transaction goes to another znode, and index, columns and
 * record are each a cache miss that the next step depends on. Touching a hundred znodes in a row lets the processor
 * wait for many of them at once. It changes nothing: what it reads may be damaged or be no path at all.
 */
export class LookAhead {
  private readonly hashes = new Uint32Array(BATCH);
  /** Records that are still covered by the last look. */
  private left = 0;

  /** To be called before each record is applied, with the window at the record after it. */
  next(window: Window, znodes: ZnodeStore): void {
    if (this.left-- > 0) return;
    this.left = this.look(window, znodes);
  }

  private look(window: Window, znodes: ZnodeStore): number {
    const { view, kernel } = window.block;
    const { limit } = window;
    const { hashes } = this;
    let count = 0;
    let records = 0;
    let at = window.position;
    while (records < BATCH && at + RECORD_HEAD + TXN_HEADER + 8 <= limit) {
      const length = view.getInt32(at + 8);
      const payload = at + RECORD_HEAD;
      if (length < TXN_HEADER || payload + length > limit) break;
      const body = payload + TXN_HEADER;
      const type = view.getInt32(body - 4);
      const path = view.getInt32(body);
      if (type > 0 && type !== OpCode.multi && path > 0 && body + 4 + path <= payload + length) {
        hashes[count++] = kernel.path_hash(body + 4, path);
      }
      records++;
      at = payload + length + 1;
    }
    znodes.touch(hashes, count);
    return records;
  }
}
