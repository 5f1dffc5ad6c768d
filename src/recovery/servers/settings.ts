import type { Release } from "./releases.js";

/** With which release, and how, servers are started. */
export interface ServerSettings {
  release: Release;
  /** Alone, or a member of an ensemble: only that one looks at the epoch files. */
  mode: "standalone" | "ensemble";
  /** Bytes. */
  juteMaxbuffer: number;
  /** -Dzookeeper.extendedTypesEnabled */
  extendedTypes: boolean;
  /** -Dzookeeper.digest.enabled; null for what the snapshot that is loaded shows that its server had. */
  digests: boolean | null;
}
