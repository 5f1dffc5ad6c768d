import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { isoTime } from "../../recovery/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { cannotWrite } from "../../io/new/new-path.js";
import { replaceFile } from "../../io/new/replaced-file.js";
import { asUnreadable } from "../../io/unreadable-file.js";
import { hex } from "../../storage/zxid.js";
import { say, tag, type Message } from "../../text/message.js";
import type { Head } from "../link/catalogue.js";
import { Fields } from "../link/fields.js";
import { FORMAT } from "../link/link.js";
import { parseLinkName } from "../names.js";
import { historyOf } from "../read/history.js";
import { isS3 } from "../store/s3-location.js";

/** What a repository showed when it was read last: one that shows less now was rolled back, or has lost something. */
interface Seen {
  id: string;
  /** Where it was read: absolute paths of folders, s3:// names. */
  locations: string[];
  /** The newest link of each server. */
  links: Map<string, { name: string; sha256: string }>;
  /** The last transaction of the main line. */
  tip: { zxid: bigint; time: bigint } | null;
  /** When that was, by this machine's clock: ISO. */
  time: string;
}

/** A repository as it is now. */
export interface Shown {
  location: string;
  id: string;
  heads: readonly Head[];
}

/** A repository that shows less than it did. */
export interface RolledBack {
  location: string;
  why: Message;
  /** Up to where it had been. */
  zxid: bigint | null;
  /** The links that are not there any more. */
  missing: string[];
}

/**
 * What a reader remembers of repositories, each in a small file of its own. Whoever holds a store can show it as it was
 * last week: only who saw it since can tell. Nothing in it is secret, nor is any of it needed.
 */
export class Memory {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Holds what a repository shows against what it showed before, and remembers it where it has gone on; null where it has.
   * Throws ZkRewindError 3 where the memory cannot be read or written.
   */
  compare(shown: Shown): RolledBack | null {
    const all = this.all();
    const place = placeOf(shown.location);
    const own = all.find(({ id }) => id === shown.id);
    // One that is not known, at the place of one that is: as if its name had been changed.
    const before = own ?? all.find(({ locations }) => locations.includes(place));
    const missing = before ? goneOf(before, shown) : [];
    if (before && missing.length > 0) return rolledBack(before, shown, missing);
    this.write(after(before, shown, place));
    return null;
  }

  /** Forgets what was seen at a place. How many repositories that were. */
  forget(location: string): number {
    const place = placeOf(location);
    const found = this.all().filter(({ locations }) => locations.includes(place));
    for (const { id } of found) rmSync(this.fileOf(id), { force: true });
    return found.length;
  }

  private all(): Seen[] {
    let names: string[];
    try {
      names = readdirSync(this.folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw asUnreadable(this.folder, error);
    }
    return names.filter((name) => FILE.test(name)).map((name) => this.read(join(this.folder, name)));
  }

  private read(path: string): Seen {
    try {
      return decode(path, readFileSync(path));
    } catch (error) {
      if (error instanceof ZkRewindError && error.exitCode !== 3)
        throw new ZkRewindError(error.said.message, {
          exitCode: 3,
          hint: say`Delete it: the repository is then taken as new.`,
        });
      throw asUnreadable(path, error);
    }
  }

  private write(seen: Seen): void {
    const path = this.fileOf(seen.id);
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw cannotWrite(path, error);
    }
    replaceFile(path, encode(seen), 0o600);
  }

  private fileOf(id: string): string {
    return join(this.folder, `${id}.json`);
  }
}

/** Where it is kept: the user's folder for state. */
export function memoryFolder(env: Readonly<Record<string, string | undefined>>): string {
  const state = env["XDG_STATE_HOME"];
  const home = env["HOME"] ?? homedir();
  return join(
    state !== undefined && isAbsolute(state) ? state : join(home, ".local", "state"),
    "zkrewind",
    "repositories",
  );
}

/** The same place, however it is named: a folder's absolute path, or the s3:// name. */
export function placeOf(location: string): string {
  return isS3(location) ? location : resolve(location);
}

/** The links that were seen, and that neither are there nor are behind a later one. */
function goneOf({ links }: Seen, { heads }: Shown): string[] {
  const gone: string[] = [];
  for (const [server, { name, sha256 }] of links) {
    const own = heads.filter(({ line }) => line.server === server);
    const depth = parseLinkName(name)?.depth ?? 0;
    const isThere = own.some(({ link }) => link.name === name && link.sha256 === sha256);
    if (!isThere && !own.some(({ link }) => link.link.depth > depth)) gone.push(name);
  }
  return gone;
}

function rolledBack(before: Seen, { location, id, heads }: Shown, missing: string[]): RolledBack {
  const now = historyOf(heads).tip;
  const had = before.tip === null ? say`nothing` : say`${hex(before.tip.zxid)} of ${isoTime(before.tip.time)}`;
  const has = now === null ? say`nothing` : hex(now.zxid);
  const what = id === before.id ? say`it shows an older state` : say`another repository is there, with less in it,`;
  return {
    location,
    why: say`${what} than on ${tag.given(before.time)}: then up to ${had}, now ${has}; ${tag.file(missing[0] ?? "")} is not there`,
    zxid: before.tip?.zxid ?? null,
    missing,
  };
}

/** What is remembered next: nothing that was seen before becomes less. */
function after(before: Seen | undefined, { id, heads }: Shown, place: string): Seen {
  const links = new Map(before?.id === id ? before.links : []);
  for (const { line, link } of heads) {
    const known = links.get(line.server);
    const depth = known ? (parseLinkName(known.name)?.depth ?? -1) : -1;
    if (link.link.depth > depth) links.set(line.server, { name: link.name, sha256: link.sha256 });
  }
  const { tip } = historyOf(heads);
  const locations = [...new Set([...(before?.id === id ? before.locations : []), place])];
  return { id, locations, links, tip, time: new Date().toISOString() };
}

function encode({ id, locations, links, tip, time }: Seen): string {
  const servers = [...links].map(([server, link]) => ({ server, ...link }));
  const last = tip && { zxid: hex(tip.zxid), time: isoTime(tip.time) };
  return `${JSON.stringify({ type: "seen", format: FORMAT, id, locations, servers, tip: last, time })}\n`;
}

function decode(path: string, bytes: Uint8Array): Seen {
  const fields = Fields.ofDocument(path, bytes, "seen", FORMAT);
  const servers = fields.list("servers").map((each) => {
    const link = { name: each.text("name"), sha256: each.hash("sha256", 64) };
    if (!parseLinkName(link.name)) throw each.wrong("name");
    return [each.text("server"), link] as const;
  });
  const tip = fields.isNull("tip") ? null : fields.within("tip");
  return {
    id: fields.hash("id", 32),
    locations: fields.texts("locations"),
    links: new Map(servers),
    tip: tip && { zxid: tip.zxid("zxid"), time: tip.time("time") },
    time: fields.text("time"),
  };
}

const FILE = /^[0-9a-f]{32}\.json$/;
