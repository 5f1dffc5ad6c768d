import { type Finding, type FindingPlace, finding } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import { type Message, say, tag } from "../../text/message.js";
import type { Safe } from "../../text/safe.js";
import { OUT_OF_STEP } from "../replay/replay-proof.js";
import type { SegmentResult } from "../replay/segment.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";
import { type Base, type Unproven, unprovenIn } from "./base.js";
import { type Line, linkOf, type Replayed } from "./line.js";

/** What is found of bases that do not have what others, digests or their own names say; each thing once. */
export class Mismatches {
  private readonly found = new Map<string, Finding>();

  get findings(): Finding[] {
    return [...this.found.values()];
  }

  /** It does not have what the replay from another base gives; or, `at` a later zxid, its replay does not lead there. */
  differs({ base, scan }: Line, other: Base | undefined, differs: Safe, at = base.window.end, what?: Unproven): void {
    const name = other?.snapshot ? tag.file(other.snapshot.name) : "the beginning of the logs";
    const message =
      at === base.window.end
        ? say`at ${hex(at)} it does not have what the replay from ${name} gives: ${differs}`
        : say`the replay from it does not lead to what ${name} has at ${hex(at)}: ${differs}`;
    const code = what === "sessions" ? "session.mismatch" : "tree.mismatch";
    const place = { ...(scan ? { file: scan.path } : {}), zxid: at };
    this.found.set(`${scan?.path} ${what}`, finding(code, message, place));
  }

  /** What digests do not cover, and two bases have otherwise. */
  rest(before: Replayed | undefined, line: Replayed): void {
    for (const [what, differs] of linkOf(before, line)?.rest ?? [])
      if (before && differs !== null) this.differs(line, before.base, differs, line.base.window.end, what);
  }

  /** Sessions of a snapshot that no replay has come to: what the line before it has of them is not proven. */
  timeout(line: Line, scan: SnapshotScan, differs: Safe): void {
    line.doubted = unprovenIn(line.doubted, ["sessions"]);
    const place = { file: scan.path, zxid: scan.zxid ?? scan.newestChange };
    this.found.set(`${scan.path} sessions`, finding("session.mismatch", say`${differs}`, place));
  }

  /** Logs that begin at the beginning, and do not lead to what a base has. */
  history({ base, scan }: Line, differs: Safe): void {
    const { end } = base.window;
    const message = say`at ${hex(end)} the replay from the beginning of the logs does not lead to what ${tag.file(base.snapshot?.name ?? "")} has: ${differs}`;
    this.found.set(`${scan?.path} history`, finding("tree.mismatch", message, { zxid: end }));
  }

  /** Digests that do not fit after a window, and fit again later. */
  cleared(line: Replayed): void {
    const { base, scan, result } = line;
    const { exact, unexplained } = result;
    const { end } = base.window;
    if (unexplained?.code === "snapshot.digest") return this.digest(line);
    if (!scan || exact === null || (unexplained === null && exact.from <= end + BigInt(OUT_OF_STEP))) return;
    const message = say`from ${hex(end)} on the replay from it does not match the digests in the logs; from ${hex(exact.from)} on it matches, because what differed had been overwritten`;
    this.found.set(`${scan.path} cleared`, finding("tree.mismatch", message, { file: scan.path, zxid: end }));
  }

  /** A digest that its znodes do not have. */
  digest({ scan, result }: Replayed): void {
    const found = result.unexplained ?? result.findings.find(({ code }) => code === "snapshot.digest");
    if (found) this.found.set(`${scan?.path} digest`, found);
  }

  /** A name below which its digest proves it. */
  name(scan: SnapshotScan, name: bigint, from: bigint): void {
    const message = say`the name says ${hex(name)}, but by its digest it is the tree at ${hex(from)}`;
    this.found.set(`${scan.path} name`, finding("file.name", message, { file: scan.path, zxid: from }));
  }

  /** A change of after its end. */
  end(scan: SnapshotScan, why: Message): void {
    const place: FindingPlace = { file: scan.path, zxid: scan.newestChange };
    this.found.set(`${scan.path} end`, finding("tree.mismatch", why, place));
  }

  /** What only a load shows. */
  structure({ findings }: SegmentResult): void {
    for (const each of findings)
      if (each.code === "snapshot.duplicate-node") this.found.set(`${each.file} ${each.offset} twice`, each);
  }
}
