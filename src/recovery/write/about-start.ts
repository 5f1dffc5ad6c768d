import { type Message, say, tag } from "../../text/message.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";
import { JUTE_MAXBUFFER, lengthLimit, maxbufferFor, NEWEST, type Release } from "../servers/releases.js";
import { needsDigestsOff, readingOf } from "../servers/snapshot-view.js";

/**
 * What servers need to start on a snapshot that was written, where their defaults do not do: nothing that is restored is
 * promised to start when it does not. `name`: the snapshot's; `release`: the servers', the newest unless asked for.
 */
export function aboutStart(name: string, scan: SnapshotScan, release: Release = NEWEST): Message[] {
  const of = tag.system(release.name);
  if (scan.largestValue > lengthLimit(release, JUTE_MAXBUFFER))
    return [
      say`servers of ${of} start on it with -Djute.maxbuffer=${maxbufferFor(release, scan.largestValue)} or more only, because it has a value of ${scan.largestValue} bytes, which zkrewind find DIR --audit oversize names`,
    ];
  if (needsDigestsOff(scan, release))
    return [
      say`servers of ${of} start on it with -Dzookeeper.digest.enabled=false only, as the source's do; with --release ${of}, restore writes a digest, and all servers start on it`,
    ];
  if (readingOf(name, scan, release, lengthLimit(release, JUTE_MAXBUFFER), null) === "loads") return [];
  return [say`servers of ${of} do not start on it: they do not read such a snapshot`];
}
