import type { Random } from "../random.js";

/** What kind of server writes a directory, and what its clients do. */
export interface Profile {
  /** Which trailers its snapshots have. */
  layout: "3.4" | "3.5" | "3.6" | "3.9" | "3.9-no-digest";
  /** Whether transactions and snapshots carry digests. */
  digests: boolean;
  /** Whether closeSession names what it deletes. */
  namesPaths: boolean;
  /** Whether create2, containers and TTL are known. */
  modern: boolean;
  /** Whether the tree begins with /zookeeper/config. */
  config: boolean;
  gzip: boolean;
  /** 0 for a standalone server; an ensemble's epochs change now and then. */
  firstEpoch: number;
  epochChanges: boolean;
  transactions: number;
  /** About how many transactions lie between two snapshots, and how many are applied while a znode is written. */
  snapshotEvery: number;
  pace: number;
  /** Znodes of the tree, roughly. */
  breadth: number;
  /** Zeros behind the records of a log. */
  padding: number;
  /** The last record of some logs is cut, or lacks its end mark, as after a crash; what follows uses its zxid again. */
  crashes: boolean;
  /** Values that look like the beginnings of records. */
  fakeHeads: boolean;
  /** Paths and values with characters that turn text around, or are not seen. */
  oddNames: boolean;
  epochFiles: boolean;
  /** Some znodes have had so many children that their cversion is near its end. */
  manyChildren: boolean;
}

export function profileOf(random: Random): Profile {
  const layout = random.weighted<Profile["layout"]>({ "3.4": 2, "3.5": 1, "3.6": 3, "3.9": 3, "3.9-no-digest": 1 });
  const modern = layout !== "3.4";
  const ensemble = random.chance(0.3);
  return {
    layout,
    digests: layout === "3.6" || layout === "3.9",
    namesPaths: (layout === "3.6" || layout === "3.9" || layout === "3.9-no-digest") && random.chance(0.9),
    modern,
    config: modern,
    gzip: (layout === "3.6" || layout === "3.9") && random.chance(0.15),
    firstEpoch: ensemble ? 1 : 0,
    epochChanges: ensemble && random.chance(0.5),
    transactions: random.between(20, 160),
    snapshotEvery: random.between(15, 60),
    pace: random.pick([0, 0.1, 0.3, 0.6, 0.75]),
    breadth: random.between(4, 25),
    padding: random.pick([0, 0, 7, 64, 600]),
    crashes: random.chance(0.25),
    fakeHeads: random.chance(0.15),
    oddNames: random.chance(0.15),
    // Digests that servers log beyond that end disagree with their own replay.
    manyChildren: !layout.startsWith("3.6") && layout !== "3.9" && random.chance(0.25),
    epochFiles: ensemble || random.chance(0.1),
  };
}
