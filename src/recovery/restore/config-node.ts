import { NONE } from "../../tree/index.js";
import type { Draft } from "./draft.js";
import { setValue, slotAt } from "./value.js";

/** The membership that servers are going to have, for those who read it in the tree. */
export interface ConfigText {
  lines: readonly string[];
  /** The version in a dynamic configuration: the zxid that is said to have made it; 0 where zoo.cfg has the lines. */
  version: bigint;
}

/**
 * Writes the membership into /zookeeper/config, where the tree has that. Servers never read it: they know each other from
 * their files (QuorumPeerConfig); clients do.
 */
export function setConfig(draft: Draft, { lines, version }: ConfigText): void {
  const slot = slotAt(draft, PATH);
  if (slot === NONE) return;
  setValue(draft, slot, Buffer.from(configText({ lines, version })));
  draft.changes.add("config.written", { paths: [PATH] });
}

/** QuorumVerifier.toString. */
export function configText({ lines, version }: ConfigText): string {
  return [...lines, `version=${version.toString(16)}`].join("\n");
}

const PATH = "/zookeeper/config";
