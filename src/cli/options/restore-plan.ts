import { type Command, InvalidArgumentError, Option } from "commander";
import {
  AS_IT_IS,
  changesTree,
  type Ensemble,
  type Release,
  type RestorePlan,
  type SessionPolicy,
} from "../../recovery/index.js";

/** What is to become of the tree between its point and what is written. */
export interface PlanFlags {
  /** True for a leap above all that the sources show, false for the point's own zxid. */
  bumpEpoch?: boolean | number;
  dropSessions?: boolean;
  keepSessions?: boolean;
  dropEphemerals?: boolean;
  makePersistent?: boolean;
  extendedTypes?: boolean;
  /** Of restore alone: what is built from text has no logs. */
  withLogs?: boolean;
}

export function addPlan(command: Command): Command {
  return command
    .option(
      "--bump-epoch [epoch]",
      "raise the epoch above all that clients and servers have seen (default: well above)",
      epoch,
    )
    .option("--no-bump-epoch", "keep the point's own zxid; refused where the tree is changed")
    .addOption(
      new Option("--drop-sessions", "drop sessions and their ephemerals").conflicts(["keepSessions", "dropEphemerals"]),
    )
    .addOption(new Option("--keep-sessions", "keep sessions and ephemerals, though what clients cached may be stale"))
    .addOption(new Option("--drop-ephemerals", "drop ephemerals, but keep their sessions").conflicts("keepSessions"))
    .option("--make-persistent", "make TTL znodes, and containers that would be lost, persistent")
    .option("--extended-types", "keep TTL znodes: all servers have zookeeper.extendedTypesEnabled=true");
}

/** What else decides about a plan. */
export interface PlanContext {
  /** Which slots to take; null for all. */
  chosen: RestorePlan["chosen"];
  /** The release of the servers that are to start on it, where that is said; they may be others than the source's. */
  release: Release | null;
  ensemble: Ensemble | null;
  openDanglingAcls: boolean;
  more: Partial<Pick<RestorePlan, "isChanged" | "grafts" | "renamings" | "values" | "resetAcls" | "mapAcls">>;
}

export function planFromFlags(options: PlanFlags, context: PlanContext): RestorePlan {
  const { chosen, release, ensemble, openDanglingAcls, more } = context;
  const plan: RestorePlan = {
    ...AS_IT_IS,
    ...more,
    openDanglingAcls,
    release,
    sessions: sessionsOf(options),
    chosen,
    makePersistent: options.makePersistent ?? false,
    ttl: options.extendedTypes ? "keep" : release || ensemble ? "refuse" : "as-is",
    withLogs: options.withLogs ?? false,
    membership: ensemble && { lines: ensemble.lines, isDynamic: ensemble.dynamicFile !== null },
    now: Date.now(),
  };
  const { bumpEpoch = ensemble !== null || changesTree(plan) } = options;
  return { ...plan, epoch: bumpEpoch === true ? "leap" : bumpEpoch === false ? "keep" : bumpEpoch };
}

function sessionsOf({ dropSessions, keepSessions, dropEphemerals }: PlanFlags): SessionPolicy | null {
  if (dropSessions) return "drop";
  if (dropEphemerals) return "drop-ephemerals";
  return keepSessions ? "keep" : null;
}

function epoch(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError("An epoch is a number, such as 19.");
  return Number(text);
}
