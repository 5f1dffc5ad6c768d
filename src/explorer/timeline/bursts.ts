import type { Counted } from "./chunks.js";

/** A second with very many writes or deletes. */
export interface Burst {
  kind: "deletes" | "burst";
  zxid: bigint;
  /** Milliseconds since 1970. */
  time: number;
  /** Znodes deleted, or transactions. */
  count: number;
}

interface Second {
  time: number;
  high: number;
  low: number;
  transactions: number;
  deletes: number;
}

/** Looks at every second of the servers' clocks. */
export class Bursts {
  private current: Second | null = null;
  private seconds = 0;
  private readonly busiest: Second[] = [];
  private readonly deleting: Second[] = [];

  add({ time, zxidHigh, zxidLow, deletes }: Counted): void {
    const second = Math.floor(time / 1000) * 1000;
    if (this.current?.time !== second) {
      this.finish();
      this.current = { time: second, high: zxidHigh, low: zxidLow, transactions: 0, deletes: 0 };
    }
    this.current.transactions++;
    this.current.deletes += deletes;
  }

  /** After the last transaction. */
  finish(): void {
    const { current } = this;
    this.current = null;
    if (!current) return;
    this.seconds++;
    if (current.transactions >= LEAST_TRANSACTIONS) keep(this.busiest, current, ({ transactions }) => transactions);
    if (current.deletes >= LEAST_DELETES) keep(this.deleting, current, ({ deletes }) => deletes);
  }

  /** The seconds that stand out, in order of zxid. */
  found(transactions: number): Burst[] {
    const usual = transactions / Math.max(this.seconds, 1);
    const made = [
      ...this.deleting.map((each) => burst("deletes", each, each.deletes)),
      ...this.busiest
        .filter((each) => each.transactions >= MANY_TIMES * usual)
        .map((each) => burst("burst", each, each.transactions)),
    ];
    return made.sort((a, b) => (a.zxid < b.zxid ? -1 : 1));
  }
}

/** Of each kind. */
const MOST = 20;
const LEAST_DELETES = 20;
const LEAST_TRANSACTIONS = 100;
/** How many times the usual second. */
const MANY_TIMES = 10;

function burst(kind: Burst["kind"], { high, low, time }: Second, count: number): Burst {
  return { kind, zxid: (BigInt(high) << 32n) | BigInt(low >>> 0), time, count };
}

function keep(list: Second[], second: Second, by: (second: Second) => number): void {
  const place = list.findIndex((each) => by(each) < by(second));
  list.splice(place < 0 ? list.length : place, 0, second);
  if (list.length > MOST) list.pop();
}
