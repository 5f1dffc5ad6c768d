import { type Message, plain } from "../text/message.js";
import { FINDINGS, type FindingCode } from "./kinds.js";
import type { Severity } from "./severity.js";

/** Something that reading or verifying found out. */
export interface Finding {
  code: FindingCode;
  severity: Severity;
  message: Message;
  file?: string;
  /** Bytes from the beginning of the (uncompressed) file. */
  offset?: number;
  zxid?: bigint;
  path?: string;
  /** Of one that sums up others of its kind and file (FindingList): how many, and what they span. */
  more?: { count: number; bytes?: { from: number; to: number }; zxids?: { from: bigint; to: bigint } };
}

/**
 * Where a finding is: its file, offset in bytes, zxid or path, as far as they are known; and its severity where that is not the usual one.
 */
export type FindingPlace = Omit<Partial<Finding>, "code" | "message">;

/**
 * Makes a finding; its severity is the code's usual one unless `place` gives another.
 *
 * @example
 * import { plain } from "zkrewind";
 * import { finding } from "zkrewind/findings";
 *
 * const { severity, message } = finding("log.crc", { parts: ["a record is damaged"] }, { file: "log.1", offset: 16 });
 * console.log(severity, plain(message));
 */
export function finding(code: FindingCode, message: Message, place: FindingPlace = {}): Finding {
  return { code, severity: FINDINGS[code].severity, message, ...place };
}

/** How many findings of a severity there are, those that are summed up included. */
export function countOf(findings: readonly Finding[], severity: Severity): number {
  return findings.reduce((sum, each) => sum + (each.severity === severity ? (each.more?.count ?? 1) : 0), 0);
}

/**
 * Findings without those that say the same again: that a file cannot be read is found by everyone who tries, and what
 * does not fit by each replay that comes by.
 */
export function distinct(findings: readonly Finding[]): Finding[] {
  const known = new Set<string>();
  return findings.filter(({ code, severity, file, path, offset, zxid, message }) => {
    const words = code === "file.unreadable" ? [] : [severity, path, offset, zxid, plain(message)];
    const key = [code, file, ...words].join("\0");
    const isNew = !known.has(key);
    known.add(key);
    return isNew;
  });
}

/**
 * Thrown where a finding makes an answer impossible.
 *
 * @example
 * import { discover, ZkRewindError } from "zkrewind";
 *
 * try {
 *   discover(["no/such/folder"]);
 * } catch (error) {
 *   if (error instanceof ZkRewindError) console.log(error.exitCode, error.message, error.hint);
 * }
 */
export class ZkRewindError extends Error {
  override name = "ZkRewindError";
  /** What `message` and `hint` are made of. */
  readonly said: { readonly message: Message; readonly hint: Message | undefined };
  readonly exitCode: number;
  readonly hint: string | undefined;
  readonly findings: readonly Finding[];

  /** `exitCode` as in the command line: 1 findings, 2 usage, 3 cannot read or write, 4 point not reachable. */
  constructor(
    message: Message,
    options: { exitCode: number; hint?: Message; findings?: readonly Finding[]; cause?: unknown },
  ) {
    super(plain(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.said = { message, hint: options.hint };
    this.exitCode = options.exitCode;
    this.hint = options.hint && plain(options.hint);
    this.findings = options.findings ?? [];
  }
}

/**
 * Whether an error is one that a caller can do something about, also where it comes from another copy of this package.
 *
 * @example
 * import { isZkRewindError, openDirectory } from "zkrewind";
 *
 * try {
 *   await openDirectory("fixtures/no-such-folder");
 * } catch (error) {
 *   if (!isZkRewindError(error)) throw error;
 *   console.log(error.exitCode); // 3
 * }
 */
export function isZkRewindError(error: unknown): error is ZkRewindError {
  return error instanceof Error && "exitCode" in error && "findings" in error && "said" in error;
}
