import { type DataDirectory, verify } from "../../recovery/index.js";
import { LogReader } from "../../storage/log-reader.js";
import { FINDINGS, type FindingCode } from "../../findings/codes.js";
import { type Finding, finding } from "../../findings/finding.js";
import { fromHalves, hex } from "../../storage/zxid.js";
import { readTxn, type Txn, TxnCursor } from "../../txn/index.js";
import type { FactName, ServerMessage } from "./server-message.js";
import { ENSEMBLE_MESSAGES } from "./server-messages-ensemble.js";
import { FILE_MESSAGES } from "./server-messages-files.js";
import { START_MESSAGES } from "./server-messages-start.js";
import { joined, plain, say } from "../../text/message.js";

/** Every message that is known; a line that holds several is explained by each. */
export const SERVER_MESSAGES: readonly ServerMessage[] = [...FILE_MESSAGES, ...ENSEMBLE_MESSAGES, ...START_MESSAGES];

/** One message of a server's, found in what was given. */
export interface Explanation {
  message: ServerMessage;
  /** The first line that it was in, how many there were, and what that line tells beside its words. */
  line: string;
  count: number;
  facts: Partial<Record<FactName, string>>;
  /** The zxid that it names. */
  zxid: bigint | null;
}

/** What the files themselves have to say about an explanation. */
export interface Evidence {
  explanation: Explanation;
  /** Findings that can be behind it, those that the line points at first. */
  findings: Finding[];
  /** The transaction with the zxid that the line names; null where it names none or the logs lack it. */
  transaction: { txn: Txn; file: string; offset: number } | null;
  /** What else can be said, in whole sentences. */
  notes: string[];
}

/** Explains each message in a server's output, in the order in which they first occur. */
export function explain(text: string): Explanation[] {
  const found = new Map<string, Explanation>();
  for (const line of text.split(/\r?\n/)) {
    for (const message of SERVER_MESSAGES) {
      const match = message.pattern.exec(line);
      if (!match) continue;
      const known = found.get(message.id);
      if (known) {
        known.count++;
        continue;
      }
      const facts = factsOf(match);
      found.set(message.id, { message, line: line.trim(), count: 1, facts, zxid: zxidOf(facts) });
    }
  }
  return [...found.values()];
}

function factsOf({ groups }: RegExpExecArray): Explanation["facts"] {
  const facts: Explanation["facts"] = {};
  for (const [name, value] of Object.entries(groups ?? {})) if (value !== undefined) facts[name as FactName] = value;
  return facts;
}

/** Servers write zxids in hex, and in decimal where nobody thought of it. */
function zxidOf({ zxid, zxidDecimal }: Explanation["facts"]): bigint | null {
  if (zxid !== undefined) return BigInt(`0x${zxid}`);
  return zxidDecimal === undefined ? null : BigInt.asIntN(64, BigInt(zxidDecimal));
}

/** Looks in the files for what is behind the messages: every file is read and replayed once. */
export async function findEvidence(
  directory: DataDirectory,
  explanations: readonly Explanation[],
): Promise<Evidence[]> {
  const verification = await verify(directory);
  const findings = [...verification.findings];
  if (!verification.startable.starts)
    findings.push(
      finding("server.start", say`a server would not start: ${joined(verification.startable.reasons, "; ")}`),
    );
  const list: Evidence[] = [];
  for (const explanation of explanations) {
    const { zxid, message } = explanation;
    const transaction = zxid === null ? null : await findTransaction(directory, zxid);
    const evidence: Evidence = {
      explanation,
      findings: pick(findings, explanation),
      transaction,
      notes: notesOf(explanation, verification.coverage.last, transaction !== null),
    };
    if (/^(?:unreasonable-length|exiting-abnormally|unable-to-load)$/.test(message.id))
      evidence.notes.push(
        ...verification.startable.reasons.map(plain).filter((reason) => reason.includes("jute.maxbuffer")),
      );
    if (evidence.findings.length === 0 && message.codes.length > 0)
      evidence.notes.push(
        "nothing of the kind is in these files now: others than the server read, or they have changed since",
      );
    list.push(evidence);
  }
  return list;
}

/** Those with a fitting code; first what the line points at by path, file or zxid, then by likelihood. */
function pick(findings: readonly Finding[], { message, facts, zxid }: Explanation): Finding[] {
  const fits = findings.filter(({ code }) => message.codes.includes(code));
  const rank = (each: Finding): number => {
    const pointed =
      (facts.path !== undefined && each.path === facts.path) ||
      (facts.file !== undefined && each.file !== undefined && baseName(each.file) === baseName(facts.file)) ||
      (zxid !== null && each.zxid === zxid);
    return message.codes.indexOf(each.code) - (pointed ? message.codes.length : 0);
  };
  return fits.sort((a, b) => rank(a) - rank(b));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function notesOf({ message, zxid, facts }: Explanation, last: bigint | null, logged: boolean): string[] {
  const notes: string[] = [];
  if (zxid !== null) {
    const where = logged ? "is in these logs" : "is in none of these logs";
    notes.push(
      `the line names ${hex(zxid)}: it ${where}${last === null ? "" : `; the last that is known here is ${hex(last)}`}`,
    );
  }
  if (message.id === "refusing-session" && facts.after !== undefined && last !== null) {
    const seen = BigInt(`0x${facts.after}`);
    notes.push(
      seen > last
        ? `the client has seen ${hex(seen)}, which is ${seen >> 32n === last >> 32n ? `${seen - last} transactions` : "an epoch or more"} beyond these files`
        : `the client has seen ${hex(seen)}, which these files hold: the server had not caught up`,
    );
  }
  return notes;
}

async function findTransaction(directory: DataDirectory, zxid: bigint): Promise<Evidence["transaction"]> {
  const cursor = new TxnCursor();
  for (const log of directory.logs) {
    if (log.zxid !== null && log.zxid > zxid) break;
    const reader = new LogReader(log.open());
    try {
      if (!(await reader.readHead())) continue;
      while (await reader.fill()) {
        while (reader.next()) {
          const shape = cursor.parse(reader.window.block.view, reader.payloadStart, reader.payloadEnd);
          if (fromHalves(cursor.zxidHigh, cursor.zxidLow) !== zxid) continue;
          return { txn: readTxn(cursor, shape), file: log.name, offset: reader.recordOffset };
        }
      }
    } finally {
      reader.close();
    }
  }
  return null;
}

/** What a finding's code means, for those who have no line to show. */
export function explainCode(code: string): { code: FindingCode; meaning: string; server: string; next: string } | null {
  if (!(code in FINDINGS)) return null;
  const known = code as FindingCode;
  const { meaning, server, next } = FINDINGS[known];
  return { code: known, meaning, server, next };
}
