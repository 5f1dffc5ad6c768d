import { hex } from "../../storage/zxid.js";
import { plain } from "../../text/message.js";
import { SCHEMA } from "../../text/schema.js";
import { changeJson } from "../restore/changes.js";
import { pointShape, saidPoint } from "../point/point-shape.js";
import type { WrittenFile } from "./history.js";
import type { Restorable, Restored } from "./restorable.js";

/**
 * What was restored, from what, and what became of it on the way: for those who find the folder later. `files`: every
 * snapshot and log in it, by its path there.
 */
export function manifest(what: Restorable, restored: Restored, files: readonly WrittenFile[]): string {
  const content = {
    type: "manifest",
    schema: SCHEMA,
    at: saidPoint(pointShape({ ...what, zxid: restored.point }), plain),
    zxid: hex(restored.zxid),
    epoch: restored.epoch,
    layout: restored.layout,
    znodes: restored.znodes,
    sessions: restored.sessions,
    digest: { version: 2, value: restored.digest.toString() },
    changes: restored.changes.map(changeJson),
    warnings: restored.warnings.map(plain),
    files: files.map(({ name, stored, bytes }) => ({
      path: name,
      size: stored.size,
      bytes,
      crc32c: stored.crc32c.toString(16).padStart(8, "0"),
    })),
    builtFrom: what.plan.filter((step) => step.use !== "rejected").map((step) => step.file),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
