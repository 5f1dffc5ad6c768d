import { createHash, randomBytes } from "node:crypto";
import { encodeLink } from "../link/encode.js";
import type { Head, ReadLink } from "../link/catalogue.js";
import { applied, emptyLine, type Line } from "../link/line.js";
import { type Link, MOST_DOCUMENT, objectsOf, type Tip } from "../link/link.js";
import { linkName } from "../names.js";
import { type Signer, signed } from "../sign/index.js";
import type { Draft } from "./shipper.js";
import type { Shipment } from "./target.js";

/** `replaces`: of compaction. */
type ChainDraft = Draft & { replaces?: string[] };

/** The links of one process, each of which continues the one before. */
export class Chain {
  line: Line;
  private readonly server: string;
  private readonly signer: Signer | null;
  private readonly writer = randomBytes(8).toString("hex");
  private previous: { name: string; sha256: string; depth: number } | null;
  /** How many links a reader must read up to here. */
  private sinceWhole: number;
  /** No link is longer; a signature comes after that. */
  private readonly mostBytes: number;

  /** `heads`: the ends of the server's chains, the deepest first: it is continued, and the next link tells the others too. */
  constructor(server: string, heads: readonly Head[], signer: Signer | null, mostBytes = MOST_DOCUMENT - 1024) {
    this.mostBytes = mostBytes;
    const [head] = heads;
    this.server = server;
    this.signer = signer;
    this.line = head?.line ?? emptyLine(server);
    this.previous = head ? placeOf(head.link) : null;
    this.sinceWhole = heads.length === 1 ? 0 : MOST_SINCE_WHOLE;
  }

  /** Has the next link tell the whole line. */
  makeWhole(): void {
    this.sinceWhole = MOST_SINCE_WHOLE;
  }

  next(draft: ChainDraft, tip: Tip | null, voters: string[] | null): { shipment: Shipment; whole: boolean } {
    const { server, writer, previous } = this;
    const depth = previous === null ? 0 : previous.depth + 1;
    const base: Link = {
      server,
      writer,
      depth,
      whole: false,
      time: new Date().toISOString(),
      previous: previous && { name: previous.name, sha256: previous.sha256 },
      ...draft,
      dropped: [],
      replaces: draft.replaces ?? [],
      tip,
      voters,
    };
    this.line = applied(this.line, base);
    const { segments, dropped, snapshots, files, replaces } = this.line;
    let link = base;
    let line = encodeLink(link);
    if (this.sinceWhole >= MOST_SINCE_WHOLE || previous === null) {
      const all = { ...base, whole: true, segments, dropped, snapshots, files, replaces };
      const encoded = encodeLink(all);
      // One that no reader would take is none: the chain goes on without it.
      if (encoded.length <= this.mostBytes) [link, line] = [all, encoded];
    }
    const { whole } = link;
    const name = linkName({ server, depth, writer, whole });
    const bytes = this.signer ? signed(line, this.signer) : line;
    this.previous = { name, sha256: createHash("sha256").update(bytes).digest("hex"), depth };
    this.sinceWhole = whole ? 0 : this.sinceWhole + 1;
    return { shipment: { name, bytes, objects: objectsOf(link), server }, whole };
  }
}

/** A link that was read, as one to be delivered where it is missing. */
export function shipmentOf({ name, bytes, link }: ReadLink): Shipment {
  return { name, bytes, objects: objectsOf(link), server: link.server };
}

function placeOf({ name, sha256, link }: ReadLink): { name: string; sha256: string; depth: number } {
  return { name, sha256, depth: link.depth };
}

const MOST_SINCE_WHOLE = 63;
