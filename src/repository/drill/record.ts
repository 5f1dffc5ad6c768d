import { randomBytes } from "node:crypto";
import { FORMAT } from "../link/link.js";
import { signed, type Signer } from "../sign/index.js";

/** What a rehearsal did, and how long each part of it took, in milliseconds. */
export interface DrillRecord {
  /** By the clock of the machine of the drill: ISO. */
  time: string;
  zxid: string;
  /** When the transaction was made: ISO; null where it is in no log. */
  pointTime: string | null;
  exact: boolean;
  /** Whether the server's own digest at this zxid was there, and was the same. */
  digestVerified: boolean;
  znodes: number;
  /** The release that was started on it; null where none was. */
  server: string | null;
  phases: { phase: string; milliseconds: number }[];
  /** Of all phases. */
  milliseconds: number;
}

/** A record as an object, `drill/<time>.<id>.json`: the same in each repository that keeps it. */
export function drillObject(record: DrillRecord, signer: Signer | null): { name: string; bytes: Buffer } {
  const name = `drill/${record.time.replaceAll(":", "-")}.${randomBytes(8).toString("hex")}.json`;
  const line = Buffer.from(JSON.stringify({ type: "drill", format: FORMAT, ...record }));
  return { name, bytes: signer ? signed(line, signer) : Buffer.concat([line, Buffer.from("\n")]) };
}
