import { base, MIDDLE_LOG, NEWEST_LOG, NEWEST_SNAPSHOT, OLDER_SNAPSHOT } from "./base.js";
import type { ServerCase } from "./cases.js";
import { change, DATA, type Files, gzipped, LOG, remove, rename, separate } from "./files.js";

/** What people and scripts leave beside a server's files, and names that are nearly ZooKeeper's. */
export const NAME_CASES: readonly ServerCase[] = [
  {
    name: "log-twin-gzip",
    title: "the newest log, and the same gzipped beside it: log.N.gz",
    files: () => copied(base(), NEWEST_LOG, `${NEWEST_LOG}.gz`, gzipped),
  },
  {
    name: "old-log-twin-gzip",
    title: "a log before the newest snapshot's, and the same gzipped beside it",
    files: () => copied(base(), "log.1000002bd", "log.1000002bd.gz", gzipped),
  },
  {
    name: "log-copy-in-place",
    title: "the newest log, and a copy of it in place: log.N.bak",
    files: () => copied(base(), NEWEST_LOG, `${NEWEST_LOG}.bak`),
  },
  {
    name: "snapshot-copy-in-place",
    title: "the newest snapshot, and a copy of it in place: snapshot.N.bak",
    files: () => copied(base(), NEWEST_SNAPSHOT, `${NEWEST_SNAPSHOT}.bak`),
  },
  {
    name: "several-set-aside",
    title: "the newest log, the newest snapshot and an older log are set aside in place",
    files: () =>
      rename(
        rename(
          rename(base(), NEWEST_LOG, `${NEWEST_LOG}.corrupt`),
          NEWEST_SNAPSHOT,
          `${NEWEST_SNAPSHOT}.broken.2026-11-26`,
        ),
        "log.1000002bd",
        "log.1000002bd.old.1",
      ),
  },
  {
    name: "damaged-snapshot-set-aside",
    title: "the newest snapshot is cut and set aside in place: snapshot.N.bad",
    files: () =>
      change(rename(base(), NEWEST_SNAPSHOT, `${NEWEST_SNAPSHOT}.bad`), `${NEWEST_SNAPSHOT}.bad`, (bytes) =>
        bytes.subarray(0, 20_000),
      ),
  },
  {
    name: "empty-log-set-aside",
    title: "a last log of 0 bytes is set aside in place: log.N.empty",
    files: () => base().set(`${DATA}log.200000143.empty`, Buffer.alloc(0)),
  },
  {
    name: "log-with-dash",
    title: "the newest log is renamed to log.N-bad",
    files: () => rename(base(), NEWEST_LOG, `${NEWEST_LOG}-bad`),
  },
  {
    name: "log-with-tilde",
    title: "the newest log is renamed to log.N~",
    files: () => rename(base(), NEWEST_LOG, `${NEWEST_LOG}~`),
  },
  {
    name: "log-with-dot",
    title: "the newest log is renamed to log.N. with a dot at its end",
    files: () => rename(base(), NEWEST_LOG, `${NEWEST_LOG}.`),
  },
  {
    name: "log-bad",
    title: "the newest log is renamed to log.bad, which is a zxid in hexadecimal",
    files: () => rename(base(), NEWEST_LOG, "log.bad"),
  },
  {
    name: "log-padded",
    title: "the zxid in the newest log's name is padded with zeros",
    files: () => rename(base(), NEWEST_LOG, "log.0000000200000137"),
  },
  {
    name: "log-with-0x",
    title: "the zxid in the newest log's name begins with 0x",
    files: () => rename(base(), NEWEST_LOG, "log.0x200000137"),
  },
  {
    name: "zip-as-log",
    title: "a ZIP archive with the name of a later log",
    files: () => base().set(`${DATA}log.200000143`, Buffer.concat([Buffer.from("PK\u0003\u0004"), Buffer.alloc(4000)])),
  },
  {
    name: "snapshot-named-log",
    title: "a snapshot with the name of a later log",
    files: () => {
      const files = base();
      return files.set(`${DATA}log.200000143`, files.get(DATA + OLDER_SNAPSHOT) as Buffer);
    },
  },
  {
    name: "log-named-snapshot",
    title: "a log with the name of a later snapshot",
    files: () => {
      const files = base();
      return files.set(`${DATA}snapshot.200000142`, files.get(DATA + NEWEST_LOG) as Buffer);
    },
  },
  {
    name: "log-folder-empty",
    title: "dataLogDir of its own, and nothing in it",
    files: () => remove(base(), MIDDLE_LOG, NEWEST_LOG, "log.1000002bd", "log.100000340").set(LOG, Buffer.alloc(0)),
  },
  {
    name: "data-folder-empty",
    title: "dataLogDir of its own with all logs in it, and nothing in dataDir",
    files: () => separate(new Map([...base()].filter(([path]) => path.includes("log."))), /log\./),
  },
  {
    name: "set-aside-in-log-folder",
    title: "dataLogDir of its own, and a snapshot set aside in it: snapshot.N.bad",
    files: () => {
      const files = separate(base(), /log\./);
      return files.set(`${LOG}${OLDER_SNAPSHOT}.bad`, files.get(DATA + OLDER_SNAPSHOT) as Buffer);
    },
  },
  {
    name: "set-aside-in-data-folder",
    title: "dataLogDir of its own, and a log set aside in dataDir: log.N.bad",
    files: () => {
      const files = separate(base(), /log\./);
      return files.set(`${DATA}${NEWEST_LOG}.bad`, files.get(LOG + NEWEST_LOG) as Buffer);
    },
  },
];

function copied(files: Files, from: string, to: string, how: (bytes: Buffer) => Buffer = (bytes) => bytes): Files {
  return files.set(DATA + to, how(files.get(DATA + from) as Buffer));
}
