import { base, MIDDLE_LOG, NEWEST_LOG, NEWEST_SNAPSHOT, OLDER_SNAPSHOT, whole } from "./base.js";
import type { ServerCase } from "./cases.js";
import { DATA, type Files, LOG, gzipped, remove, rename, separate } from "./files.js";

export const FOLDER_CASES: readonly ServerCase[] = [
  { name: "sound", title: "snapshots and logs as a server left them", files: base },
  { name: "empty", title: "an empty folder", files: () => new Map([[DATA, Buffer.alloc(0)]]) },
  {
    name: "only-epochs",
    title: "epoch files and nothing else",
    files: () => without(base(), /snapshot|log/),
  },
  {
    name: "logs-from-beginning",
    title: "all logs from the first transaction on, and no snapshot",
    files: () => without(whole(), /snapshot/),
  },
  { name: "logs-without-beginning", title: "later logs, and no snapshot", files: () => without(base(), /snapshot/) },
  {
    name: "empty-log-alone",
    title: "a log of 0 bytes and nothing else",
    files: () => new Map([[`${DATA}log.1`, Buffer.alloc(0)]]),
  },
  { name: "snapshots-alone", title: "snapshots, and no log", files: () => without(base(), /log\./) },
  {
    name: "hole",
    title: "a log is missing behind the transactions that follow the newest snapshot",
    files: () => remove(base(), NEWEST_SNAPSHOT, MIDDLE_LOG),
  },
  {
    name: "hole-at-snapshot",
    title: "a log is missing right behind the newest snapshot",
    files: () => remove(base(), NEWEST_SNAPSHOT, MIDDLE_LOG, "log.100000340"),
  },
  {
    name: "hole-before-snapshot",
    title: "a log is missing before the newest snapshot",
    files: () => remove(base(), "log.100000340"),
  },
  {
    name: "log-before-snapshot-missing",
    title: "the log that the newest snapshot lies in is missing",
    files: () => remove(base(), MIDDLE_LOG),
  },
  {
    name: "log-set-aside",
    title: "the newest log is set aside in place: log.N.bad",
    files: () => rename(base(), NEWEST_LOG, `${NEWEST_LOG}.bad`),
  },
  {
    name: "damaged-log-set-aside",
    title: "the newest log has a wrong checksum and is set aside in place: log.N.bad",
    files: () => flipped(rename(base(), NEWEST_LOG, `${NEWEST_LOG}.bad`), `${NEWEST_LOG}.bad`),
  },
  {
    name: "middle-log-set-aside",
    title: "a log in the middle of what is replayed is set aside in place",
    files: () => rename(remove(base(), NEWEST_SNAPSHOT), MIDDLE_LOG, `${MIDDLE_LOG}.bad`),
  },
  {
    name: "snapshot-set-aside",
    title: "the newest snapshot is set aside in place: snapshot.N.old",
    files: () => rename(base(), NEWEST_SNAPSHOT, `${NEWEST_SNAPSHOT}.old`),
  },
  {
    name: "log-prefixed",
    title: "the newest log is renamed to bad.log.N",
    files: () => rename(base(), NEWEST_LOG, `bad.${NEWEST_LOG}`),
  },
  {
    name: "gzipped-logs",
    title: "the logs are gzipped: log.N.gz",
    files: () =>
      new Map(
        [...base()].map(([path, bytes]) => (path.includes("log.") ? [`${path}.gz`, gzipped(bytes)] : [path, bytes])),
      ),
  },
  {
    name: "gzipped-old-log",
    title: "a log before the newest snapshot's is gzipped",
    files: () => replaced(base(), "log.1000002bd", "log.1000002bd.gz", gzipped),
  },
  {
    name: "separate-folders",
    title: "dataLogDir of its own",
    files: () => separate(base(), /log\./),
  },
  {
    name: "snapshot-in-log-folder",
    title: "dataLogDir of its own, and a snapshot in it",
    files: () => {
      const files = separate(base(), /log\./);
      return files.set(`${LOG}${OLDER_SNAPSHOT}`, files.get(DATA + OLDER_SNAPSHOT) as Buffer);
    },
  },
  {
    name: "log-in-data-folder",
    title: "dataLogDir of its own, and a log left in dataDir",
    files: () => separate(base(), /log\.[^1]/),
  },
  {
    name: "interchanged",
    title: "dataDir and dataLogDir interchanged",
    files: () => separate(base(), /snapshot|Epoch/),
  },
  {
    name: "leftover-snapshot",
    title: "snapshot.N.tmp, left by a crash",
    files: () => rename(base(), NEWEST_SNAPSHOT, `${NEWEST_SNAPSHOT}.tmp`),
  },
  {
    name: "folder-named-log",
    title: "a folder with the name of a later log",
    files: () => base().set(`${DATA}log.200000143/`, Buffer.alloc(0)),
  },
  {
    name: "folder-named-snapshot",
    title: "a folder with the name of a later snapshot",
    files: () => base().set(`${DATA}snapshot.200000140/`, Buffer.alloc(0)),
  },
];

function without(files: Files, which: RegExp): Files {
  return new Map([...files].filter(([path]) => !which.test(path.slice(DATA.length))));
}

/** With a bit changed in the first record's payload. */
function flipped(files: Files, name: string): Files {
  const bytes = Buffer.from(files.get(DATA + name) as Buffer);
  bytes[16 + 12 + 40] = (bytes[16 + 12 + 40] as number) ^ 1;
  return files.set(DATA + name, bytes);
}

function replaced(files: Files, from: string, to: string, how: (bytes: Buffer) => Buffer): Files {
  const bytes = files.get(DATA + from) as Buffer;
  return remove(files, from).set(DATA + to, how(bytes));
}
