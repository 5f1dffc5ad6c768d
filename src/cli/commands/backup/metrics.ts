import { replaceFile } from "../../../io/new/replaced-file.js";
import type { Backup } from "../../../repository/ship/backup.js";
import type { Distributor } from "../../../repository/ship/distributor.js";
import type { Target } from "../../../repository/ship/target.js";
import { historyOf } from "../../../repository/read/history.js";

interface Metric {
  name: string;
  help: string;
  type: "gauge" | "counter";
  values: { labels: Readonly<Record<string, string>>; value: number }[];
}

/** Writes metrics in Prometheus' text format, whole: a scrape sees the old file or the new one. Throws ZkRewindError 3. */
export function writeMetrics(path: string, backup: Backup, distributor: Distributor): void {
  replaceFile(path, textOf(metricsOf(backup, distributor)), 0o644);
}

function metricsOf(backup: Backup, distributor: Distributor): Metric[] {
  const { targets, stock } = distributor;
  const { line, unshipped } = backup;
  const server = { server: line.server };
  const now = performance.now();
  const catalogue = targets.flatMap((target) => target.catalogue?.heads ?? []);
  const branches = historyOf(catalogue.filter((head) => head.line.server !== line.server)).branches.length;
  const gauge = (name: string, help: string, value: number): Metric => ({
    name,
    help,
    type: "gauge",
    values: [{ labels: server, value }],
  });
  const perTarget = (
    name: string,
    help: string,
    value: (target: Target) => number,
    type: Metric["type"] = "gauge",
  ): Metric => ({
    name,
    help,
    type,
    values: targets.map((target) => ({
      labels: { ...server, repository: target.store.location },
      value: value(target),
    })),
  });
  const tip = line.tip?.zxid ?? 0n;
  return [
    gauge("last_run_timestamp_seconds", "When these metrics were written.", Date.now() / 1000),
    gauge("recovery_point_epoch", "The epoch of the last transaction that is shipped.", Number(tip >> 32n)),
    gauge("recovery_point_counter", "Its counter in the epoch.", Number(tip & 0xffffffffn)),
    gauge("recovery_point_timestamp_seconds", "When it was made.", Number(line.tip?.time ?? 0n) / 1000),
    gauge("unshipped_bytes", "Bytes of transactions that were read and are in no link yet.", unshipped.bytes),
    gauge(
      "unshipped_seconds",
      "How long the oldest of them has been waiting.",
      unshipped.since === null ? 0 : (now - unshipped.since) / 1000,
    ),
    gauge("segments", "Segments of the server's line.", line.segments.length),
    gauge("snapshots", "Snapshots of the server that are shipped.", line.snapshots.length),
    gauge(
      "branches",
      "Tails of this server that are no longer in its line, and branches of others.",
      (line.dropped.length > 0 ? 1 : 0) + branches,
    ),
    gauge("diverged", "1 if the server has gone back to before what it had shipped.", line.dropped.length > 0 ? 1 : 0),
    perTarget("repository_up", "1 if the repository has everything that was shipped.", ({ trouble, names }) =>
      trouble === null && names !== null ? 1 : 0,
    ),
    perTarget("repository_trouble_seconds", "How long it has been behind.", ({ trouble }) =>
      trouble === null ? 0 : (now - trouble.since) / 1000,
    ),
    gauge("spool_bytes", "Bytes of objects that are kept in memory for repositories that lack them.", stock.size),
    perTarget(
      "repository_lacking_objects",
      "Objects that it lacks of what was published.",
      (target) => distributor.lackedBy(target).objects,
    ),
    perTarget("repository_lacking_bytes", "Their bytes.", (target) => distributor.lackedBy(target).bytes),
    perTarget("repository_puts_total", "Objects that were stored.", ({ requests }) => requests.put, "counter"),
    perTarget("repository_lists_total", "Listings that were asked for.", ({ requests }) => requests.list, "counter"),
  ];
}

function textOf(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(({ name, help, type, values }) => {
    const full = `zkrewind_backup_${name}`;
    const samples = values.map(({ labels, value }) => `${full}{${labelsOf(labels)}} ${value}`);
    return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...samples];
  });
  return `${lines.join("\n")}\n`;
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}="${value.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/"/g, '\\"')}"`)
    .join(",");
}
