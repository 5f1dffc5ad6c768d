import { fromHalves } from "../storage/zxid.js";

/**
 * A map from session ids, given as their two halves, so that a transaction costs no BigInt.
 *
 * @example
 * import { SessionMap } from "zkrewind/tree";
 *
 * const timeouts = new SessionMap();
 * timeouts.set(0x01000033, 0x7d0c0001, 30_000);
 * console.log(timeouts.get(0x01000033, 0x7d0c0001), timeouts.size, timeouts.sorted());
 */
export class SessionMap<T> {
  private readonly halves = new Map<number, Map<number, T>>();

  get(high: number, low: number): T | undefined {
    return this.halves.get(high)?.get(low);
  }

  has(high: number, low: number): boolean {
    return this.halves.get(high)?.has(low) ?? false;
  }

  set(high: number, low: number, value: T): void {
    let lows = this.halves.get(high);
    if (!lows) this.halves.set(high, (lows = new Map()));
    lows.set(low, value);
  }

  delete(high: number, low: number): boolean {
    const lows = this.halves.get(high);
    if (!lows?.delete(low)) return false;
    if (lows.size === 0) this.halves.delete(high);
    return true;
  }

  get size(): number {
    let size = 0;
    for (const lows of this.halves.values()) size += lows.size;
    return size;
  }

  /** Another map of the same ids and values. */
  copy(): SessionMap<T> {
    const copy = new SessionMap<T>();
    for (const [high, lows] of this.halves) copy.halves.set(high, new Map(lows));
    return copy;
  }

  /** Every id with its value, by unsigned id. */
  sorted(): [id: bigint, value: T][] {
    const list: [bigint, T][] = [];
    for (const [high, lows] of this.halves) for (const [low, value] of lows) list.push([fromHalves(high, low), value]);
    return list.sort((a, b) => (BigInt.asUintN(64, a[0]) < BigInt.asUintN(64, b[0]) ? -1 : 1));
  }
}
