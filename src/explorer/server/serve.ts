import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isZkRewindError, ZkRewindError } from "../../findings/finding.js";
import { say, tag } from "../../text/message.js";
import { SCHEMA } from "../../text/schema.js";
import { ANSWERS, isAnswer } from "../answers/index.js";
import type { Asked } from "../answers/answer.js";
import { search } from "../answers/search.js";
import { type Edge, textOf } from "../edge.js";
import { Query } from "../query.js";
import type { Source } from "../source.js";
import { enter } from "./gate.js";

/** The page's parts, as the browser gets them. */
export interface PageFiles {
  html: string;
  script: string;
  style: string;
}

export interface ServeOptions {
  page: PageFiles;
  edge: Edge;
  /** 0: one that is free. */
  port: number;
  allowHosts?: readonly string[];
}

export interface Serving {
  port: number;
  /** The address with the token. */
  address: string;
  /** Ends it, with all answers that are being written. */
  close(): Promise<void>;
}

/**
 * Serves a source on 127.0.0.1, read-only, to whoever has the token.
 * Throws ZkRewindError 3 where the port is taken.
 */
export async function serve(source: Source, options: ServeOptions): Promise<Serving> {
  const token = randomBytes(24).toString("base64url");
  let port = 0;
  const server = createServer({ maxHeaderSize: MOST_HEADER }, (request, response) => {
    const { allowHosts } = options;
    const entry = enter(request, { token, port, ...(allowHosts && { allowHosts }) });
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (entry.kind === "refused") sendText(response, entry.status, `${entry.why}\n`);
    else if (entry.kind === "welcome")
      response.writeHead(303, { "Set-Cookie": entry.cookie, Location: entry.location }).end();
    else void answer(source, options, request, response);
  });
  port = await listen(server, options.port);
  return {
    port,
    address: `http://127.0.0.1:${port}/?token=${token}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Bytes: an address can hold a path of 1 MB, and each of its bytes can take three characters. */
const MOST_HEADER = 4 << 20;

/** The page loads, runs and asks nothing but this server; no other page frames it, and no cache keeps it. */
const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-store",
} as const;

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new ZkRewindError(say`cannot listen on port ${port}: ${tag.system(error.code ?? error.message)}`, {
          exitCode: 3,
          hint: say`Without --port, one that is free is taken.`,
        }),
      ),
    );
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

async function answer(
  source: Source,
  { page, edge }: ServeOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const file = FILES[url.pathname];
  if (file) return sendText(response, 200, page[file.part], file.type);
  const name = /^\/api\/([a-z]+)$/.exec(url.pathname)?.[1] ?? "";
  const asked: Asked = { source, query: new Query(url.searchParams), edge };
  try {
    if (name === "search") return await sendLines(asked, request, response);
    if (!isAnswer(name)) return sendText(response, 404, "there is nothing here\n");
    const made = await ANSWERS[name](asked);
    sendText(response, 200, typeof made === "string" ? edge.json(made) : textOf(made, edge), "application/json");
  } catch (error) {
    if (response.headersSent) response.destroy();
    else sendText(response, statusOf(error), textOf(errorShape(error, edge), edge), "application/json");
  }
}

const FILES: Readonly<Record<string, { part: keyof PageFiles; type: string }>> = {
  "/": { part: "html", type: "text/html" },
  "/page.js": { part: "script", type: "text/javascript" },
  "/page.css": { part: "style", type: "text/css" },
};

async function sendLines(asked: Asked, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let isOpen = true;
  request.on("close", () => {
    isOpen = false;
  });
  response.setHeader("Content-Type", "application/x-ndjson; charset=utf-8");
  await search(asked, (line) => {
    if (isOpen) response.write(`${textOf(line, asked.edge)}\n`);
    return isOpen;
  });
  response.end();
}

function sendText(response: ServerResponse, status: number, text: string, type = "text/plain"): void {
  response.writeHead(status, { "Content-Type": `${type}; charset=utf-8` }).end(text);
}

/** HTTP status by the exit code that the command line would give. */
const STATUS: Readonly<Record<number, number>> = { 1: 404, 2: 400, 3: 500, 4: 409 };

function statusOf(error: unknown): number {
  return isZkRewindError(error) ? (STATUS[error.exitCode] ?? 500) : 500;
}

function errorShape(error: unknown, edge: Edge): object {
  if (!isZkRewindError(error))
    return {
      type: "error",
      schema: SCHEMA,
      message: error instanceof Error ? error.message : String(error),
      hint: null,
    };
  const { message, hint } = error.said;
  return { type: "error", schema: SCHEMA, message: edge.say(message), hint: hint ? edge.say(hint) : null };
}
