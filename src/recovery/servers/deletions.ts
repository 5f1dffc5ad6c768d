import { OpCode } from "../../txn/index.js";
import type { SnapshotScan } from "../scan/scan-snapshot.js";
import type { Owners } from "./owners.js";
import type { LogToPlay } from "./play.js";
import type { ServerSettings } from "./settings.js";

/** Znodes that a server deletes when it has loaded its files, without a transaction; followers keep them. */
export interface Deletion {
  /** `ttl`: without extendedTypesEnabled, the default; `ephemeral`: of sessions that are gone. */
  kind: "container" | "ttl" | "ephemeral";
  /** Null where it is not known without a replay; there may then be none. */
  count: number | null;
  /** The first few. */
  paths: readonly string[];
}

type Settings = Pick<ServerSettings, "release" | "extendedTypes">;

/** 3.4 has no such setting. */
function keepsTtls({ release, extendedTypes }: Settings): boolean {
  return release.containers && extendedTypes;
}

/** Which znodes a release takes for those of a session that is gone (ZooKeeperServer.loadData). */
export function deletionsOf({ containers, ttls, ownerless }: Owners, settings: Settings): Deletion[] {
  const all: Deletion[] = [
    ...(settings.release.containers ? [] : [{ kind: "container" as const, ...containers }]),
    ...(keepsTtls(settings) ? [] : [{ kind: "ttl" as const, ...ttls }]),
    { kind: "ephemeral", ...ownerless },
  ];
  return all.filter(({ count }) => count !== 0);
}

/** The same as far as the files tell that are not replayed. */
export function mayDelete(snapshot: SnapshotScan | null, logs: readonly LogToPlay[], settings: Settings): Deletion[] {
  const types = new Set(
    logs.flatMap(({ scan }) => [
      ...(scan?.server.firstOfType ?? []).map(([type]) => type),
      ...(scan?.server.multis ?? []).map(({ type }) => type),
    ]),
  );
  const unknown = { count: null, paths: [] };
  const deletions: Deletion[] = [];
  if (!settings.release.containers && ((snapshot?.containers ?? 0) > 0 || types.has(OpCode.createContainer)))
    deletions.push({ kind: "container", ...unknown });
  if (!keepsTtls(settings) && ((snapshot?.ttls ?? 0) > 0 || types.has(OpCode.createTTL)))
    deletions.push({ kind: "ttl", ...unknown });
  if (snapshot && snapshot.ownerless > 0)
    deletions.push({ kind: "ephemeral", count: null, paths: [snapshot.ownerlessPath] });
  return deletions;
}
