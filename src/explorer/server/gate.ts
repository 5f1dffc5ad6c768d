import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Who may ask, and under which names the server may be called. */
export interface GateOptions {
  /** A secret: no other user of the machine and no other page in the browser knows it. */
  token: string;
  /** The port of this server: cookies are not bound to a port, and several explorers may run. */
  port: number;
  /** Names allowed besides this machine's own, without ports. */
  allowHosts?: readonly string[];
}

export type Entry =
  /** Let in. */
  | { kind: "open" }
  /** The address holds the token: set it as a cookie, and redirect to the address without it. */
  | { kind: "welcome"; cookie: string; location: string }
  | { kind: "refused"; status: 403 | 405 | 421; why: string };

/**
 * Decides on a request by its head alone.
 *
 * - Only GET: nothing can be changed.
 * - The Host header is a name of this machine: a page of another site whose name is made to lead here (DNS rebinding) sends
 *   its own.
 * - The browser says that the page which asks is ours, where it says anything of it.
 * - The token, from the address once and from a cookie then, which scripts cannot read and which no other site's request
 *   carries.
 */
export function enter(request: Pick<IncomingMessage, "method" | "url" | "headers">, options: GateOptions): Entry {
  const { method, headers } = request;
  if (method !== "GET") return { kind: "refused", status: 405, why: "only GET is answered" };
  if (!isOwnHost(headers.host, options.allowHosts ?? []))
    return { kind: "refused", status: 421, why: "the Host header names another machine; --allow-host allows it" };
  const url = new URL(request.url ?? "/", "http://localhost");
  const given = url.searchParams.get("token");
  if (given !== null && url.pathname === "/") {
    if (!isSame(given, options.token)) return refused();
    url.searchParams.delete("token");
    const cookie = `${cookieName(options)}=${options.token}; HttpOnly; SameSite=Strict; Path=/`;
    return { kind: "welcome", cookie, location: `${url.pathname}${url.search}` };
  }
  const from = headers["sec-fetch-site"];
  const isForeign = from !== undefined && from !== "same-origin" && from !== "none";
  if (isForeign || !isOwnOrigin(headers.origin, headers.host))
    return { kind: "refused", status: 403, why: "the request comes from a page of another site" };
  const cookie = cookieOf(headers.cookie, cookieName(options));
  return cookie !== null && isSame(cookie, options.token) ? { kind: "open" } : refused();
}

function refused(): Entry {
  return { kind: "refused", status: 403, why: "open the address that zkrewind has printed: it has the token" };
}

function cookieName({ port }: GateOptions): string {
  return `zkrewind-${port}`;
}

/** Names of this machine with any port, for that may be forwarded (`ssh -L`). */
function isOwnHost(host: string | undefined, allowed: readonly string[]): boolean {
  const name = /^(\[[0-9a-f:.]+\]|[^:]+)(?::\d{1,5})?$/i.exec(host ?? "")?.[1]?.toLowerCase();
  return name !== undefined && [...OWN_NAMES, ...allowed.map((each) => each.toLowerCase())].includes(name);
}

const OWN_NAMES = ["localhost", "127.0.0.1", "[::1]"];

function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}

function cookieOf(header: string | undefined, name: string): string | null {
  for (const each of (header ?? "").split(";")) {
    const [key, value] = each.trim().split("=", 2);
    if (key === name && value !== undefined) return value;
  }
  return null;
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
