import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { discover, scanLog } from "../../src/recovery/index.js";
import { memoryFile } from "../fixtures/memory.js";
import { sampled } from "../fixtures/index.js";
import { plain } from "../../src/text/message.js";

interface Frame {
  start: number;
  length: number;
  end: number;
}

/** The records of a sound log, found without the reader that is tested. */
function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 16; at + 12 <= bytes.length; ) {
    const length = bytes.readInt32BE(at + 8);
    if (length === 0) break;
    frames.push({ start: at, length, end: at + 12 + length + 1 });
    at += 12 + length + 1;
  }
  return frames;
}

/** The smallest log of a source that has a few records, without most of its padding. */
function smallLog(path: string, logDir: string | undefined): { name: string; bytes: Buffer; frames: Frame[] } | null {
  const logs = discover([path], logDir === undefined ? {} : { logDir }).logs;
  const candidates = logs
    .map((log) => ({ name: log.name, bytes: readFileSync(log.path) }))
    .map((log) => ({ ...log, frames: framesOf(log.bytes) }))
    .filter(({ frames }) => frames.length >= 3)
    .sort((a, b) => (a.frames.at(-1)?.end ?? 0) - (b.frames.at(-1)?.end ?? 0));
  const [smallest] = candidates;
  if (!smallest) return null;
  // The first records and their neighbours hold every kind of place; thousands more would only repeat them.
  const frames = smallest.frames.slice(0, MOST_RECORDS);
  const bytes = Buffer.alloc((frames.at(-1) as Frame).end + PADDING);
  smallest.bytes.copy(bytes, 0, 0, (frames.at(-1) as Frame).end);
  return { name: smallest.name, bytes, frames };
}

const MOST_RECORDS = 40;
const PADDING = 40;

const serious = (findings: readonly { severity: string; code: string }[]): string[] =>
  findings.filter(({ severity }) => severity !== "note").map(({ code }) => code);

describe("a log cut at every byte", () => {
  for (const { title, path, logDir } of sampled) {
    test(title, async () => {
      const log = smallLog(path, logDir);
      if (!log) return;
      const { name, bytes, frames } = log;
      for (let length = 0; length < bytes.length; length++) {
        const scan = await scanLog(memoryFile(name, bytes.subarray(0, length)));
        const whole = frames.filter(({ end }) => end <= length);
        expect(scan.transactions, `cut at ${length}`).toBe(whole.length);
        const codes = serious(scan.findings);
        if (length === 0) expect(codes).toEqual(["file.empty"]);
        else if (length < 16) expect(codes).toEqual(["file.short-header"]);
        else {
          const rest = bytes.subarray(whole.at(-1)?.end ?? 16, length);
          // Up to here only zeros: no different from padding.
          const torn = rest.some((byte) => byte !== 0);
          expect(codes, `cut at ${length}`).toEqual(torn ? ["log.torn-tail"] : []);
          expect(scan.end).toBe(torn ? "torn" : "clean");
        }
      }
    });
  }
});

describe("a log with one bit flipped at every byte", () => {
  for (const { title, path, logDir } of sampled) {
    test(title, async () => {
      const log = smallLog(path, logDir);
      if (!log) return;
      const { name, bytes, frames } = log;
      const sound = await scanLog(memoryFile(name, bytes));
      expect(serious(sound.findings)).toEqual([]);
      for (let at = 0; at < bytes.length; at++) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] as number) ^ (1 << (at % 8));
        const scan = await scanLog(memoryFile(name, damaged));
        const codes = serious(scan.findings);
        expect(codes.length, `flip at ${at}`).toBeGreaterThan(0);
        for (const code of codes) expect(expectedCodes(frames, at), `flip at ${at}: ${code}`).toContain(code);
        const said = scan.findings.map((each) => `${each.code} ${each.offset} ${plain(each.message)}`).join("; ");
        expect(scan.transactions, `flip at ${at}: ${said}`).toBe(frames.length - lostBy(frames, at));
      }
    });
  }
});

/** How many records a flipped bit costs: that which it is in, unless it is in an end mark that the next record proves. */
function lostBy(frames: readonly Frame[], at: number): number {
  const index = frames.findIndex(({ start, end }) => at >= start && at < end);
  const frame = frames[index];
  if (!frame) return 0;
  return at === frame.end - 1 && index < frames.length - 1 ? 0 : 1;
}

/** What a flipped bit may be found as, by where it is. */
function expectedCodes(frames: readonly Frame[], at: number): string[] {
  if (at < 4) return ["log.header"];
  if (at < 8) return ["file.version"];
  if (at < 16) return ["file.dbid"];
  const frame = frames.find(({ start, end }) => at >= start && at < end);
  // A length in the padding makes it look like the beginning of a record.
  if (!frame) return ["log.padding", "log.torn-tail", "log.crc", "log.length"];
  if (at < frame.start + 8) return ["log.crc"];
  // With another length the frame ends elsewhere: at a byte that is no end mark, or beyond the file.
  if (at < frame.start + 12) return ["log.length", "log.torn", "log.torn-tail", "log.crc"];
  return at === frame.end - 1 ? ["log.end-mark"] : ["log.crc"];
}
