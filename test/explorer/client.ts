import { request } from "node:http";
import { AS_THEY_ARE } from "../../src/explorer/edge.js";
import { serve, type Serving } from "../../src/explorer/server/serve.js";
import { Source } from "../../src/explorer/source.js";
import { discover } from "../../src/recovery/index.js";
import { merge } from "../../src/recovery/ensemble/merge.js";

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** A server over some sources, and someone who has its cookie. */
export class Client {
  readonly source: Source;
  readonly serving: Serving;
  private cookie = "";

  private constructor(source: Source, serving: Serving) {
    this.source = source;
    this.serving = serving;
  }

  /** `paths`: of one server each. */
  static async of(...paths: string[]): Promise<Client> {
    const servers = paths.map((path) => discover([path]));
    const directory = servers.length > 1 ? (await merge(servers)).directory : servers[0];
    if (!directory) throw new Error("no source");
    const source = new Source({ sources: paths, directory, servers });
    const page = { html: "<!doctype html>", script: "", style: "" };
    const serving = await serve(source, { page, edge: AS_THEY_ARE, port: 0, allowHosts: ["bastion.example"] });
    const client = new Client(source, serving);
    const { headers } = await client.raw(serving.address.slice(serving.address.indexOf("/?")), {});
    client.cookie = String(headers["set-cookie"]).split(";")[0] ?? "";
    return client;
  }

  /** A request as anyone can send it. */
  raw(path: string, headers: Record<string, string>, method = "GET"): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const sent = request(
        { host: "127.0.0.1", port: this.serving.port, path, method, headers, agent: false },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
          response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
        },
      );
      sent.on("error", reject).end();
    });
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return this.raw(path, { cookie: this.cookie, ...headers });
  }

  /** JSON of any shape. */
  async json(name: string, query: Record<string, string | number> = {}) {
    const values = new URLSearchParams(
      Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
    );
    const { status, text } = await this.get(`/api/${name}?${String(values)}`);
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return JSON.parse(text);
  }

  close(): Promise<void> {
    this.source.close();
    return this.serving.close();
  }
}
