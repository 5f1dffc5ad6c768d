/** What came of one release's data on another's servers. */
export interface Cell {
  /** Whether a server started on it, and served all of it. */
  starts: boolean;
  /** The choice that had to be made. */
  by: string;
}

type Cells = ReadonlyMap<string, Cell>;

/** docs/versions.md: by `FROM TO`, what was seen of trees, and of trees with their logs. */
export function versionsPage(releases: readonly string[], trees: Cells, logs: Cells): string {
  return `${[...HEAD, ...table(releases, trees), "", ...WITH_LOGS, ...table(releases, logs), "", ...TAIL].join("\n")}\n`;
}

const HEAD = [
  "# From one release to another",
  "",
  "`restore --release RELEASE` writes for servers of another release than the data's: to upgrade, to go back, to move. Each",
  "cell was tried on a real server, by `npm run versions` (test/interop/versions.test.ts; `npm run test:interop` tries some of",
  "them), which writes this page: it",
  "started, and served every znode of the source, with its data and ACL, to a client. Rows are where the data comes from,",
  "columns where it goes; the data has znodes of every kind that its release knows. An option in a cell is the choice without",
  "which it is refused; [why](#what-a-release-cannot-take) is below.",
  "",
  "## The tree",
  "",
];

const WITH_LOGS = [
  "## The tree with its logs",
  "",
  "`--with-logs` keeps the transactions that led to the point: what a release would stop at, or leave out in silence, is",
  "refused. The tree alone can always be had. Each source was tried at one point, in the middle of its history; where 3.5.10's",
  "is, there are no containers or TTL znodes yet.",
  "",
];

const TAIL = [
  "## What a release cannot take",
  "",
  "- **3.4 and 3.5** do not see compressed snapshots, and start empty: `--compress` is refused for them.",
  "- **3.4** has neither containers nor TTL znodes: it deletes them when it loads them, without a transaction, and leaves what",
  "  is below them in no list. They are refused, or made persistent by `--make-persistent`.",
  "- **TTL znodes** need `zookeeper.extendedTypesEnabled=true` on every server from 3.5 on, or a leader deletes them and",
  "  followers keep them: `--extended-types` says that they have it, `--make-persistent` does without.",
  "- **3.4** stops at transactions of types 15, 19, 20 and 21 (create2, createContainer, deleteContainer, createTTL), and skips",
  "  a multi with one: such logs are refused.",
  "- **3.5 and 3.6** skip a multi with a create2 inside, as 3.7 and later log it, whole and in silence: such logs are refused.",
  "- Trailers of snapshots (digest, last zxid) are read, or passed over, by every release; `--release` writes what it writes.",
];

function table(releases: readonly string[], cells: Cells): string[] {
  return [
    `| from \\ to | ${releases.join(" | ")} |`,
    `| --- |${" --- |".repeat(releases.length)}`,
    ...releases.map(
      (from) => `| ${from} | ${releases.map((to) => cellText(cells.get(`${from} ${to}`))).join(" | ")} |`,
    ),
  ];
}

function cellText(cell: Cell | undefined): string {
  if (!cell) return "not tried";
  if (!cell.starts) return "refused";
  return cell.by === "" ? "yes" : `\`${cell.by}\``;
}
