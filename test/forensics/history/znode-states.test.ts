import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ZnodeState } from "../../../src/forensics/history/znode-state.js";
import { ZnodeStates } from "../../../src/forensics/history/znode-states.js";
import { encodeAcl, OPEN_ACL } from "../../../src/storage/acl.js";
import { inBlock, kindOf, NONE } from "../../../src/tree/index.js";

const PATHS = ["/", "/a", "/a/b", "/a0", "/b", "/é", "/a/b/c", "/zookeeper", "/\u0000", "/a/\u0000", "/b\u0000"];
const SESSIONS = [0x1000n, -5n, 0x1_0000_0000n];

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const maybe = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined });
const state: fc.Arbitrary<ZnodeState> = fc.record({
  czxid: maybe(long),
  ctime: maybe(long),
  mzxid: maybe(long),
  mtime: maybe(long),
  version: maybe(int),
  aversion: maybe(int),
  data: maybe(fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)))),
  acl: maybe(fc.constantFrom(OPEN_ACL, encodeAcl([{ perms: 1, scheme: "ip", id: "::1" }]), encodeAcl([]))),
  ephemeralOwner: maybe(fc.oneof(fc.constantFrom(0n, -(2n ** 63n), ...SESSIONS), long)),
});
const path = fc.constantFrom(...PATHS);
const step = fc.oneof(
  fc.record({ op: fc.constant("put" as const), path, state }),
  fc.record({ op: fc.constant("setData" as const), path, state }),
  fc.record({ op: fc.constant("describe" as const), path, state }),
  fc.record({ op: fc.constant("remove" as const), path }),
  fc.record({ op: fc.constant("noteGone" as const), path }),
);

function find(states: ZnodeStates, name: string): number {
  const bytes = Buffer.from(name);
  const block = inBlock(bytes);
  return states.find(block, block.start, bytes.length);
}

/** The same in a map of objects. */
class Model {
  readonly known = new Map<string, ZnodeState>();
  readonly gone = new Set<string>();
  readonly owners = new Map<string, bigint>();

  put(name: string, value: ZnodeState): void {
    this.known.set(name, value);
    this.gone.delete(name);
    const owner = value.ephemeralOwner ?? 0n;
    if (kindOf(Number(owner >> 32n), Number(owner & 0xffffffffn)) === "ephemeral") this.owners.set(name, owner);
    else this.owners.delete(name);
  }

  remove(name: string): void {
    this.known.delete(name);
    this.owners.delete(name);
  }
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

describe("states that lie as records", () => {
  test("are what a map of objects says, whatever is done to them", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const states = new ZnodeStates();
        const model = new Model();
        for (const each of steps) {
          const slot = find(states, each.path);
          expect(slot !== NONE).toBe(model.known.has(each.path));
          if (each.op === "put") {
            states.putFresh(each.path, each.state);
            model.put(each.path, each.state);
          } else if (each.op === "noteGone") {
            if (slot === NONE) {
              states.noteGone(Buffer.from(each.path));
              model.gone.add(each.path);
            }
          } else if (slot === NONE) continue;
          else if (each.op === "remove") {
            states.remove(slot);
            model.remove(each.path);
          } else {
            // A transaction changes no owner; and data that it does not bring stays.
            const before = model.known.get(each.path) as ZnodeState;
            const { ephemeralOwner, data } = before;
            const after = { ...each.state, ephemeralOwner, ...(each.op === "describe" && { data }) };
            if (each.op === "describe") states.describe(slot, after);
            else {
              const block = inBlock(after.data ?? Buffer.alloc(0));
              states.setData(slot, after, block, block.start);
            }
            model.known.set(each.path, after);
          }
        }
        expect(states.size).toBe(model.known.size);
        const sorted = [...states.sorted()];
        expect(sorted.map((slot) => states.pathOf(slot).toString())).toEqual([...model.known.keys()].sort(byBytes));
        for (const slot of sorted)
          expect(states.read(slot)).toEqual(model.known.get(states.pathOf(slot).toString()) as ZnodeState);
        for (const name of PATHS)
          if (!model.known.has(name)) expect(states.isGone(Buffer.from(name))).toBe(model.gone.has(name));
        for (const session of SESSIONS) {
          const own = states.ephemeralsOf(Number(session >> 32n), Number(session & 0xffffffffn));
          const expected = [...model.owners].filter(([, owner]) => owner === session).map(([name]) => name);
          expect(own.map((slot) => states.pathOf(slot).toString())).toEqual(expected.sort(byBytes));
        }
      }),
    );
  });

  test("are known not to exist where they are complete", () => {
    const states = new ZnodeStates();
    expect(states.isGone(Buffer.from("/a"))).toBe(false);
    states.complete = true;
    expect(states.isGone(Buffer.from("/a"))).toBe(true);
  });

  test("say less after a doubt", () => {
    const states = new ZnodeStates();
    const all = { czxid: 1n, ctime: 2n, mzxid: 3n, mtime: 4n, version: 5, aversion: 6, ephemeralOwner: 0n };
    states.putFresh("/a", { ...all, data: Buffer.from("x"), acl: OPEN_ACL });
    const slot = find(states, "/a");
    states.doubt(slot, ["data", "acl", "version"]);
    expect(states.read(slot)).toEqual({ ...all, version: undefined, data: undefined, acl: undefined });
    expect([states.isLater(slot, "mzxid", 2n), states.isLater(slot, "mzxid", 3n)]).toEqual([true, false]);
  });

  test("are as many as there are, in order", () => {
    const states = new ZnodeStates();
    const names = Array.from({ length: 5000 }, (_, index) => `/n${(index * 7919) % 5000}`);
    const known = { czxid: 1n, ctime: 2n, mzxid: 3n, mtime: 4n, version: 5, aversion: 6, ephemeralOwner: 0n };
    for (const name of names) states.putFresh(name, { ...known, data: Buffer.from(name), acl: OPEN_ACL });
    const sorted = [...states.sorted()];
    expect(sorted.map((slot) => states.pathOf(slot).toString())).toEqual(names.sort(byBytes));
    for (const slot of sorted) expect(states.read(slot).data).toEqual(states.pathOf(slot));
  });
});
