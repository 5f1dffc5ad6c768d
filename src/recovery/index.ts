export { assess, type Assessment, contradictions } from "./exact/assess.js";
export {
  type Base,
  contradictsName,
  doubtOfWindow,
  NOT_IN_DIGEST,
  provesItself,
  type Unproven,
} from "./exact/base.js";
export { type LaterState, laterState } from "./exact/evidence.js";
export { type Coverage, coverageOf, type ExactRange, type Gap } from "./exact/coverage.js";
export { type DataDirectory, type EpochFiles, NO_FILES, type StoredFile } from "./directory/data-directory.js";
export { discover, type DiscoverOptions } from "./directory/discover.js";
export { fetchSources, type FetchOptions } from "./directory/fetch.js";
export type { Given } from "./directory/given.js";
export { type FuzzyWindow, fuzzyWindow } from "./exact/fuzzy-window.js";
export { LATEST, millisOf, parsePoint, type Point, type PointRequest } from "./point/point.js";
export { rebuild, type RebuildOptions } from "./rebuild.js";
export { replay, type ReplayOptions } from "./replay/replay.js";
export type { Replay, ReplayStop } from "./replay/replay-result.js";
export {
  type HeaderPoint,
  type PointFacts,
  pointShape,
  type PointShape,
  saidPoint,
  zxidShape,
} from "./point/point-shape.js";
export { isoTime, resolveBound } from "./point/resolve.js";
export { type LogScan, type Run, scanLog } from "./scan/scan-log.js";
export { scanSnapshot, type SnapshotScan } from "./scan/scan-snapshot.js";
export type { PlanStep, State } from "./state.js";
export { type ServerOptions, type Start, type Startable } from "./servers/startable.js";
export { type Verification, verify, type VerifyOptions } from "./verify.js";
export { type BuiltTree, readTree } from "./build/read-tree.js";
export { type Ensemble, type Member, readEnsemble } from "./deploy/membership.js";
export { restoreEnsemble, type RestoredEnsemble } from "./deploy/restore-ensemble.js";
export { type Runbook, runbookMarkdown } from "./deploy/runbook.js";
export { type Release, releaseNamed, TRIED_RELEASES } from "./servers/releases.js";
export { type Change, type ChangeCode, changeJson, changeText } from "./restore/changes.js";
export { AS_IT_IS, carryOut, changesTree, type RestorePlan } from "./restore/plan.js";
export type { SessionPolicy } from "./restore/sessions.js";
export { MANIFEST } from "./write/manifest.js";
export { restore, type RestoreOptions } from "./write/restore.js";
export type { Restorable, Restored } from "./write/restorable.js";
