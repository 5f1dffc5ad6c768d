import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** What the proxy does to requests: each is a share of them, from 0 to 1. */
export interface Faults {
  /** Answered with 503 (SlowDown) or 500, without being passed on. */
  fail?: number;
  /** Passed on, and the connection is dropped before the answer: the store did it, and nobody is told. */
  dropAnswer?: number;
  /** The connection is dropped before anything is passed on. */
  drop?: number;
  /** The answer's body ends in the midst. */
  cut?: number;
  /** Milliseconds of delay, at most. */
  delay?: number;
  /** Answered with 403 (AccessDenied): by method. */
  deny?: readonly string[];
}

/** A proxy before an S3 server that does badly, by a generator with a seed. The signature's host stays as it was sent. */
export class FaultyProxy {
  faults: Faults = {};
  /** Requests that came, by method. */
  readonly seen = new Map<string, number>();
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    private state: number,
  ) {
    server.on("request", (incoming, answer) => {
      this.handle(incoming, answer).catch(() => incoming.socket.destroy());
    });
  }

  static async start(target: string, seed = 1): Promise<FaultyProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new FaultyProxy(server, new URL(target), seed);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  stop(): void {
    this.agent.destroy();
    this.server.closeAllConnections();
    this.server.close();
  }

  private async handle(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { fail = 0, dropAnswer = 0, drop = 0, cut = 0, delay = 0, deny = [] } = this.faults;
    const method = incoming.method ?? "GET";
    this.seen.set(method, (this.seen.get(method) ?? 0) + 1);
    if (delay > 0) await sleep(this.chance() * delay);
    if (deny.includes(method)) return refuse(incoming, answer, 403, "AccessDenied");
    const luck = this.chance();
    if (luck < fail)
      return refuse(incoming, answer, luck < fail / 2 ? 503 : 500, luck < fail / 2 ? "SlowDown" : "InternalError");
    if (luck < fail + drop) return void incoming.socket.destroy();
    const isUntold = luck < fail + drop + dropAnswer;
    const isCut = this.chance() < cut;
    const passed = request({
      host: this.target.hostname,
      port: this.target.port,
      method,
      path: incoming.url,
      headers: incoming.headers,
      agent: this.agent,
    });
    incoming.pipe(passed);
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      passed.once("response", resolve);
      passed.once("error", reject);
    });
    const body: Buffer[] = [];
    for await (const chunk of reply) body.push(chunk as Buffer);
    if (isUntold) return void incoming.socket.destroy();
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    const all = Buffer.concat(body);
    if (!isCut || all.length < 2) return void answer.end(all);
    answer.write(all.subarray(0, Math.floor(all.length * this.chance())), () => incoming.socket.destroy());
  }

  /** xorshift: from 0 to 1. */
  private chance(): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) / 2 ** 32;
  }
}

async function refuse(incoming: IncomingMessage, answer: ServerResponse, status: number, code: string): Promise<void> {
  // The request is read to its end: a client that is still sending would see a lost connection instead.
  for await (const _ of incoming);
  answer.writeHead(status, { "content-type": "application/xml" });
  answer.end(
    incoming.method === "HEAD"
      ? undefined
      : `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`,
  );
}
