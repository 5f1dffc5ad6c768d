import { basename, dirname, isAbsolute, join } from "node:path";
import { exists } from "../../io/new/new-path.js";
import { ZkRewindError } from "../../findings/finding.js";
import { say, tag } from "../../text/message.js";
import { foldersIn, settingsIn } from "../directory/server-config.js";
import { idIn } from "../directory/own-id.js";

/** One server of an ensemble, as its zoo.cfg describes it. */
export interface Member {
  /** The N of `server.N`: what `myid` holds. */
  id: number;
  /** Its quorum and election addresses and its role, as in /zookeeper/config; without what clients connect to. */
  address: string;
  observer: boolean;
  host: string;
  /** HOST:PORT for clients; null where neither the line nor the file says so. */
  client: string | null;
  dataDir: string;
  /** Undefined where the logs are in dataDir. */
  dataLogDir: string | undefined;
}

/** The servers of an ensemble, as their zoo.cfg describes them. */
export interface Ensemble {
  /** By their ids. */
  members: Member[];
  /** As in /zookeeper/config and in a dynamic configuration file, without a version: LF between the lines. */
  lines: string[];
  /** Where a dynamic configuration file holds the server lines: its path without a version, as zoo.cfg names it. */
  dynamicFile: string | null;
  /** The name of the zoo.cfg. */
  configName: string;
  /** Milliseconds; null where the file does not say so. */
  initLimit: number | null;
  tickTime: number;
}

/**
 * Reads the servers of an ensemble from a zoo.cfg that lists all of them, or from each server's own. All must list the
 * same servers.
 *
 * Throws ZkRewindError: 3 where a file cannot be read, 2 where it lists no servers, or not the same as the others.
 *
 * @example
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readEnsemble } from "zkrewind/recovery";
 *
 * const file = join(mkdtempSync(join(tmpdir(), "conf-")), "zoo.cfg");
 * writeFileSync(file, "dataDir=/var/lib/zookeeper\nclientPort=2181\nserver.1=zk1:2888:3888\n");
 * console.log(readEnsemble([file]).members);
 */
export function readEnsemble(paths: readonly string[]): Ensemble {
  const [first, ...others] = paths.map(readConfig);
  if (!first) throw new ZkRewindError(say`name a zoo.cfg`, { exitCode: 2 });
  for (const other of others) {
    if (other.lines.join("\n") === first.lines.join("\n")) continue;
    throw new ZkRewindError(say`${tag.file(other.path)} does not list the same servers as ${tag.file(first.path)}`, {
      exitCode: 2,
    });
  }
  const configs = [first, ...others];
  if (others.length > 0 && configs.length !== first.servers.length)
    throw new ZkRewindError(say`${configs.length} files are named for ${first.servers.length} servers`, {
      exitCode: 2,
      hint: say`Name one zoo.cfg for all, or each server's own.`,
    });
  const own = ownConfigs(
    configs,
    first.servers.map(({ id }) => id),
  );
  const members = first.servers.map((server): Member => {
    const { folders, clientPort } = own.get(server.id) ?? first;
    const { id, host, address, observer, client } = server;
    const port = client ?? (clientPort === undefined ? null : `0.0.0.0:${clientPort}`);
    return { id, host, address, observer, client: port && reachable(port, host), ...folders };
  });
  return {
    members,
    lines: first.lines,
    dynamicFile: first.dynamicFile,
    configName: basename(first.path),
    initLimit: first.initLimit === null ? null : first.initLimit * first.tickTime,
    tickTime: first.tickTime,
  };
}

interface Server {
  id: number;
  host: string;
  address: string;
  observer: boolean;
  /** As it is written after the semicolon, with an address. */
  client: string | null;
}

interface Config {
  path: string;
  servers: Server[];
  lines: string[];
  dynamicFile: string | null;
  folders: { dataDir: string; dataLogDir: string | undefined };
  clientPort: string | undefined;
  /** Ticks. */
  initLimit: number | null;
  tickTime: number;
}

function readConfig(path: string): Config {
  const settings = settingsIn(path);
  const dynamic = settings.get("dynamicConfigFile");
  const listed = dynamic === undefined ? settings : settingsIn(dynamicPath(path, dynamic));
  const servers: Server[] = [];
  const others: string[] = [];
  for (const [key, value] of listed) {
    const id = /^server\.(\d+)$/.exec(key)?.[1];
    if (id !== undefined) servers.push(serverOf(path, Number(id), value));
    else if (/^(group|weight)\.\d+$/.test(key)) others.push(`${key}=${value}`);
  }
  if (servers.length === 0)
    throw new ZkRewindError(say`${tag.file(path)} lists no servers`, {
      exitCode: 2,
      hint: say`An ensemble's zoo.cfg, or the dynamicConfigFile that it names, has a line server.N=HOST:PORT:PORT for each server.`,
    });
  servers.sort((a, b) => a.id - b.id);
  return {
    path,
    servers,
    lines: [...servers.map(lineOf), ...others],
    dynamicFile: dynamic === undefined ? null : dynamic.replace(/\.dynamic\.[0-9a-f]+$/, ".dynamic"),
    folders: foldersIn(settings, path),
    clientPort: settings.get("clientPort"),
    initLimit: numberOf(settings.get("initLimit")),
    tickTime: numberOf(settings.get("tickTime")) ?? DEFAULT_TICK,
  };
}

/** Where it says, or beside the zoo.cfg, which may be a copy. */
function dynamicPath(config: string, written: string): string {
  const places = [
    isAbsolute(written) ? written : join(dirname(config), written),
    join(dirname(config), basename(written)),
  ];
  return places.find(exists) ?? (places[0] as string);
}

/** `HOST:PORT:PORT[|HOST:PORT:PORT…][:ROLE][;[HOST:]PORT]`, as QuorumPeer.QuorumServer reads it. */
function serverOf(path: string, id: number, value: string): Server {
  const [all = "", client = null] = value.split(";", 2);
  const [, addresses = "", role = "participant"] = /^(.*?)(?::(participant|observer))?$/i.exec(all) ?? [];
  const [first = ""] = addresses.split("|");
  const host = HOST_AND_PORTS.exec(first)?.[1];
  if (host === undefined || id > 255)
    throw new ZkRewindError(say`${tag.file(path)}: not a server: ${tag.given(`server.${id}=${value}`)}`, {
      exitCode: 2,
    });
  const observer = role.toLowerCase() === "observer";
  return {
    id,
    host,
    observer,
    address: `${addresses}:${observer ? "observer" : "participant"}`,
    client: client === null ? null : /^\d+$/.test(client) ? `0.0.0.0:${client}` : client,
  };
}

function lineOf({ id, address, client }: Server): string {
  return `server.${id}=${address}${client === null ? "" : `;${client}`}`;
}

const HOST_AND_PORTS = /^(\[[^\]]+\]|[^:[\]\s]+):\d{1,5}:\d{1,5}$/;
const DEFAULT_TICK = 3000;

/** Which file is which server's: by the `myid` in its dataDir where that can be read, else in the order of the ids. */
function ownConfigs(configs: readonly Config[], ids: readonly number[]): Map<number, Config> {
  if (configs.length === 1) return new Map();
  const known = configs.map(({ folders }) => idIn(folders.dataDir));
  const certain = new Set(known).size === ids.length && known.every((id) => id !== null && ids.includes(id));
  return new Map(configs.map((config, at) => [(certain ? known[at] : ids[at]) as number, config]));
}

/** Clients connect to the server's host where it listens on every address. */
function reachable(client: string, host: string): string {
  return client.replace(/^(0\.0\.0\.0|\[::\]):/, `${host}:`);
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
