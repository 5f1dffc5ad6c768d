import { JuteReader } from "../../jute/index.js";
import { type Acl, readAcl } from "../../storage/acl.js";
import { jsonText } from "../../text/unsafe.js";
import { aclShape } from "../shapes/acl.js";
import { type JsonBytes, type KeptBytes, type JsonLiteral, literal } from "./json-bytes.js";

export interface KnownAcl {
  json: JsonLiteral;
  /** Null where there are too many ACLs to keep them all at hand. */
  kept: KeptBytes | null;
}

/** The JSON of ACLs by the ids that znodes refer to them with, each made once. */
export class AclJsonById {
  private readonly known = new Map<number, KnownAcl | null>();
  private readonly out: JsonBytes;
  private readonly entries: (id: number) => readonly Acl[] | undefined;
  private lastId = Number.NaN;
  private last: KnownAcl | null = null;

  /** `out` is what they will be written to. */
  constructor(out: JsonBytes, entries: (id: number) => readonly Acl[] | undefined) {
    this.out = out;
    this.entries = entries;
  }

  /** Null for an id that is in no map. */
  get(id: number): KnownAcl | null {
    if (id === this.lastId) return this.last;
    let acl = this.known.get(id);
    if (acl === undefined) {
      const entries = this.entries(id);
      const json = entries && literal(jsonText(aclShape(entries)));
      acl = json ? { json, kept: this.out.keep(json) } : null;
      this.known.set(id, acl);
    }
    this.lastId = id;
    this.last = acl;
    return acl;
  }
}

/** The JSON of ACLs by their bytes, as transactions carry them, each made once. */
export class AclJsonByContent {
  private readonly known = new Map<string, JsonLiteral>();
  private lastKey: Buffer = Buffer.alloc(0);
  private last: JsonLiteral = literal("");

  /** The vector<ACL> at bytes[start, end). */
  get(bytes: Buffer, start: number, end: number): JsonLiteral {
    const { lastKey } = this;
    if (lastKey.length === end - start && bytes.compare(lastKey, 0, lastKey.length, start, end) === 0) return this.last;
    const key = bytes.toString("latin1", start, end);
    let json = this.known.get(key);
    if (json === undefined) {
      const entries = readAcl(new JuteReader(new DataView(bytes.buffer, bytes.byteOffset + start, end - start)));
      json = literal(jsonText(entries && aclShape(entries)));
      // ACLs are few; should a log have one for each transaction, memory must not grow with it.
      if (this.known.size >= MOST_KNOWN) this.known.clear();
      this.known.set(key, json);
    }
    this.lastKey = Buffer.from(bytes.subarray(start, end));
    this.last = json;
    return json;
  }
}

const MOST_KNOWN = 10_000;
