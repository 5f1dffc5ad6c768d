// How a report packs a tree: read by the page, too, so nothing is imported here.

/** The columns of a tree in a report, 32 bits each: those of two words have their high one first. */
export const COLUMNS = [
  "depth",
  "czxidHigh",
  "czxidLow",
  "mzxidHigh",
  "mzxidLow",
  "pzxidHigh",
  "pzxidLow",
  "ctimeHigh",
  "ctimeLow",
  "mtimeHigh",
  "mtimeLow",
  "version",
  "cversion",
  "aversion",
  "ownerHigh",
  "ownerLow",
  "dataLength",
  "acl",
] as const;

/** Those that are written as differences to the znode before. */
export const BY_DIFFERENCE: ReadonlySet<string> = new Set(["depth", "czxidHigh", "czxidLow", "ctimeHigh", "ctimeLow"]);
