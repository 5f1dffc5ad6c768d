import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { isZkRewindError } from "../../findings/finding.js";
import { pointShape } from "../../export/shapes/point.js";
import type { PointRequest } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { SCHEMA } from "../../text/schema.js";
import { ANSWERS, type AnswerName } from "../answers/index.js";
import { type Edge, textOf } from "../edge.js";
import { Query } from "../query.js";
import type { Source } from "../source.js";
import { packTree } from "./tree-columns.js";

export interface ReportOptions {
  at: PointRequest;
  /** The range whose transactions and changes are listed; where it is open, the newest up to the end. */
  from: bigint | null;
  to: bigint | null;
  /** Whether the report holds the znodes of the point. */
  tree: boolean;
  /** How many bytes of each value it holds. */
  data: number;
}

/** What the report's page is built from. */
export interface ReportPage {
  script: string;
  style: string;
}

/** Transactions and changes that a report lists at most. */
const MOST = 2000;

/** Writes what is known of a source as one HTML document that loads nothing. `source` must have been read. */
export async function reportHtml(
  source: Source,
  page: ReportPage,
  edge: Edge,
  options: ReportOptions,
): Promise<string> {
  return html(page, gzipSync(await reportData(source, edge, options), { level: 6 }).toString("base64"));
}

/**
 * The length of the answers and the answers, the length of the tree and the tree (both JSON), the tree's columns. Lengths
 * are 32 bits, little-endian.
 */
async function reportData(source: Source, edge: Edge, options: ReportOptions): Promise<Buffer> {
  const { point, here, packed } = await source.trees.at(options.at, ({ state }) => ({
    here: hex(state.zxid),
    packed: options.tree ? packTree(state.tree, edge, options.data) : null,
    point: {
      type: "point",
      schema: SCHEMA,
      ...pointShape(state),
      znodes: state.tree.znodes.size,
      sessions: state.tree.sessions.size,
    },
  }));
  const answers = await answersOf(source, edge, options, here);
  const head = `{"point":${textOf(point, edge)}${answers.map((each) => `,${each}`).join("")}}`;
  const body = packed
    ? `{"count":${packed.count},"acls":${textOf({ acl: packed.acls }, edge)},"names":${JSON.stringify(packed.names)},"data":${JSON.stringify(packed.data)}}`
    : "null";
  const columns = packed?.columns ?? Buffer.alloc(0);
  return Buffer.concat([lengthOf(head), Buffer.from(head), lengthOf(body), Buffer.from(body), columns]);
}

type Asked = [name: AnswerName, values: Record<string, string>];

/** The answers that a report holds, each with its name before it. */
async function answersOf(source: Source, edge: Edge, { from, to }: ReportOptions, here: string): Promise<string[]> {
  const range = { ...(from === null ? {} : { from: hex(from) }), ...(to === null ? {} : { to: hex(to) }) };
  const limit = String(MOST);
  const newest = from === null ? { reverse: "1" } : {};
  const changed: Asked[] =
    from === null ? [] : [["diff", { from: hex(from - 1n), to: to === null ? here : hex(to), limit, data: "none" }]];
  const asked: Asked[] = [
    ["summary", {}],
    ["verdict", {}],
    ["timeline", { buckets: "2000" }],
    ["transactions", { ...range, ...newest, limit, data: "none" }],
    ["sessions", { at: here }],
    ["space", { at: here, depth: "4", limit: "500" }],
    ...changed,
    ...(source.opened.copies ? ([["backups", {}]] satisfies Asked[]) : []),
    ...(source.comparison ? ([["ensemble", {}]] satisfies Asked[]) : []),
  ];
  const made: string[] = [];
  for (const [name, values] of asked) {
    try {
      const answer = await ANSWERS[name]({ source, query: new Query(new URLSearchParams(values)), edge });
      made.push(`"${name}":${typeof answer === "string" ? edge.json(answer).trim() : textOf(answer, edge)}`);
    } catch (error) {
      // A point that cannot be rebuilt cannot be compared: the verdict says why.
      if (name !== "diff" || !isZkRewindError(error)) throw error;
    }
  }
  return made;
}

function lengthOf(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(text));
  return length;
}

function html({ script, style }: ReportPage, data: string): string {
  // Only base64 goes in as it is: nothing that files hold can end an element.
  const own = script.replaceAll("</script", "<\\/script");
  const policy = `default-src 'none'; script-src 'sha256-${hash(own)}'; style-src 'sha256-${hash(style)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>zkrewind report</title>
<style>${style}</style>
</head>
<body>
<div id="app"></div>
<noscript>This report needs JavaScript.</noscript>
<script type="application/octet-stream" id="data">${data}</script>
<script>${own}</script>
</body>
</html>
`;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
