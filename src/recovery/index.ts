/// <reference types="node" preserve="true" />
export { assess } from "./exact/assess.js";
export { type Assessment, contradictions } from "./exact/assessment.js";
export {
  type Base,
  BEGINNING,
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
export { rebuild, rebuildPair } from "./rebuild.js";
export type { PairOptions, RebuildOptions } from "./rebuild-options.js";
export { replay } from "./replay/replay.js";
export type { ReplayMoment, ReplayOptions } from "./replay/replay-options.js";
export type { Replay, ReplayStop } from "./replay/replay-result.js";
export {
  type HeaderPoint,
  type PointFacts,
  pointShape,
  type PointShape,
  saidPoint,
  zxidShape,
} from "./point/point-shape.js";
export { type RangeEnd, rangeEnds, type RangePoints } from "./point/range.js";
export { isoTime, resolveBound } from "./point/resolve.js";
export { type LogScan, type TxnRun, scanLog } from "./scan/scan-log.js";
export { scanSnapshot, type SnapshotScan } from "./scan/scan-snapshot.js";
export type { EarlierState, PlanStep, State, StateBase, StatePair } from "./state.js";
export { type ServerOptions, type Start, type Startable } from "./servers/startable.js";
export { type Verification, verify, type VerifyOptions } from "./verify.js";
export { type BuiltTree, readTree } from "./build/read-tree.js";
export { type Ensemble, type Member, readEnsemble } from "./deploy/membership.js";
export { restoreEnsemble, type RestoredEnsemble } from "./deploy/restore-ensemble.js";
export { type Runbook, runbookMarkdown } from "./deploy/runbook.js";
export { type Release, releaseNamed, TRIED_RELEASES } from "./servers/releases.js";
export { type RestoreChange, type ChangeCode, changeJson, changeText } from "./restore/changes.js";
export { AS_IT_IS, carryOut, changesTree, type RestorePlan } from "./restore/plan.js";
export type { SessionPolicy } from "./restore/sessions.js";
export { convert, type ConvertOptions } from "./write/convert.js";
export { ACCOUNT, MANIFEST } from "./directory/made-inexactly.js";
export { restore, type RestoreOptions } from "./write/restore.js";
export type { Restorable, Restored } from "./write/restorable.js";
export type { EnsembleOptions } from "./deploy/restore-ensemble.js";
export type { RunbookStep } from "./deploy/runbook.js";
export type { LogCopy } from "./directory/data-directory.js";
export type { ServerListing } from "./directory/data-directory.js";
export type { MergeOptions } from "./ensemble/merge.js";
export type { Merged } from "./ensemble/merge.js";
export type { AssessOptions } from "./exact/assessment.js";
export type { Rejected, WhyRejected } from "./exact/assessment.js";
export type { Piece } from "./exact/line.js";
export type { SnapshotFacts } from "./exact/base.js";
export type { SnapshotCoverage } from "./exact/coverage.js";
export type { NewestChanges } from "./exact/evidence.js";
export type { Threads } from "./parallel/jobs.js";
export type { Fingerprint } from "./replay/fingerprint.js";
export type { Checkpoint } from "./replay/replay-proof.js";
export type { SegmentResult } from "./replay/segment.js";
export type { EarlyClose, SessionEntries } from "./replay/session-list.js";
export type { AclMapping } from "./restore/acls.js";
export type { GraftSource } from "./restore/plan.js";
export type { Renaming } from "./restore/rename.js";
export type { Deletion } from "./servers/deletions.js";
export type { LogView } from "./servers/log-view.js";
export type { Loss } from "./servers/loss.js";
export type { StopPlace } from "./servers/stop-words.js";
export type { ListedName } from "./directory/data-directory.js";
export type { AgreedHistory } from "./ensemble/agreed-history.js";
export type { AlignedLogs } from "./ensemble/align-logs.js";
export type { Behind, Job } from "./parallel/jobs.js";
export type { ResultOf } from "./parallel/jobs.js";
export type { SettledSessions } from "./replay/session-list.js";
export type { Graft } from "./restore/graft.js";
export type { LongRecord } from "./servers/log-view.js";
export type { RecordPlace } from "./servers/log-view.js";
export type { ViewEnd } from "./servers/log-view.js";
export type { ViewRun } from "./servers/log-view.js";
export type { Owners } from "./servers/owners.js";
export type { Cut } from "./ensemble/agreed-history.js";
export type { LineSpan } from "./ensemble/agreed-history.js";
export type { EpochStart } from "./ensemble/align-logs.js";
export type { Span } from "./ensemble/align-logs.js";
export type { Segment } from "./replay/segment.js";
export type { Znodes } from "./servers/owners.js";
export type { LogPart } from "./ensemble/align-logs.js";
export type { Folder } from "./directory/folder.js";
export type { GivenArchive } from "./directory/given.js";
export type { GivenFile } from "./directory/given.js";
export type { KeptHistory } from "./write/history.js";
export type { WrittenSnapshot } from "./write/snapshot.js";
export type { FileWritten, ReadBehind } from "./write/read-back.js";
