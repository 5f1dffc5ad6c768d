import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { summarize } from "../../../src/forensics/explain/explain.js";

/** What real servers logged, without their settings and most frames of stacks. */
const LOGS = join(dirname(fileURLToPath(import.meta.url)), "logs");

/**
 * By file: the release, and what was done to its directory before it started. All messages but the harmless ones, in the
 * order in which they are told.
 */
const TOLD: Readonly<Record<string, string[]>> = {
  // The magic of the newest log changed.
  "3.4.14-magic": ["log-magic", "exiting-abnormally"],
  // One bit of the newest snapshot changed: an older one does.
  "3.4.14-snapflip": ["problem-reading-snap", "crc-corruption"],
  // The first length in a log 0x70000000.
  "3.4.14-loghugelen": ["unreasonable-length", "exiting-abnormally"],
  // currentEpoch of 0 bytes.
  "3.4.14-ensemble-epochempty": ["epoch-unreadable", "unable-to-load", "exiting-abnormally"],
  // Its leader was killed.
  "3.5.10-leader-lost": ["peer-lost", "eof-connection", "leader-lost"],
  // The newest log damaged, and set aside as log.dc6.bad.
  "3.6.4-setaside": ["crc-check-failed", "exiting-abnormally", "exit"],
  // All snapshots gone.
  "3.6.4-nosnap": ["no-snapshot", "exiting-abnormally", "exit"],
  // A newest log of 0 bytes.
  "3.8.6-emptylog": ["eof-file", "exiting-abnormally", "exit"],
  // The first length in a log -1.
  "3.8.6-logneglen": ["negative-length", "exiting-abnormally", "exit"],
  // A log gone from the middle: the server starts.
  "3.8.6-gap": ["digests-not-matching", "first-digest-mismatch"],
  // A count of -1 in a snapshot's ACL map.
  "3.8.6-aclmap": ["missing-acls", "exiting-abnormally", "exit"],
  // The same gap: the server does not start.
  "3.9.5-gap": ["out-of-order", "digests-not-matching", "first-digest-mismatch", "exiting-abnormally", "exit"],
  // A newest log of 6 bytes. The digest of a fuzzy snapshot is a false alarm of 3.9.5's.
  "3.9.5-shortlog": ["eof-file", "digests-not-matching", "first-digest-mismatch", "exiting-abnormally", "exit"],
  // A page of zeros in a log before the newest.
  "3.9.5-tornmiddle": ["last-transaction-partial", "digest-txn-missing", "digest-not-covered"],
  // One bit of the newest log changed, in an ensemble.
  "3.9.5-ensemble-crc": ["crc-check-failed", "unable-to-load", "exiting-abnormally", "exit"],
  // The epoch files of an older state.
  "3.9.5-ensemble-epochbehind": ["current-epoch", "unable-to-load", "exiting-abnormally", "exit"],
  "3.9.5-ensemble-nomyid": ["myid-missing", "config-unreadable", "exit"],
  "3.9.5-ensemble-wrongmyid": ["myid-wrong", "exiting-abnormally", "exit"],
  // A full disk, while a log was written.
  "3.9.5-full": ["disk-full", "last-transaction-partial", "severe", "exiting-abnormally", "exit"],
  "3.9.5-leader-lost": ["peer-lost", "eof-connection", "leader-lost"],
  // Restored epoch files of 9, where the others have elected epoch 1: it comes and goes in a circle.
  "3.9.5-ensemble-epochahead": ["leaders-epoch", "leader-lost"],
};

describe("the log of a real server is summed up, the first cause first", () => {
  for (const [name, ids] of Object.entries(TOLD)) {
    test(name, () => {
      const { explanations } = summarize(readFileSync(join(LOGS, `${name}.log`), "utf8").split("\n"));
      const told = explanations.filter(({ answer }) => answer.role !== "normal");
      expect(told.map(({ answer }) => answer.id)).toEqual(ids);
      expect(told[0]?.first).toMatch(/^2026-11-27 \d\d:\d\d:\d\d,\d{3}$/);
    });
  }
});

test("every log in the folder is looked at", () => {
  expect(readdirSync(LOGS).sort()).toEqual(
    Object.keys(TOLD)
      .map((name) => `${name}.log`)
      .sort(),
  );
});
