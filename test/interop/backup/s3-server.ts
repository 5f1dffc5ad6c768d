import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { FIXTURES } from "../../fixtures/index.js";
import { ended } from "../java.js";
import { scratchFolder } from "../scratch.js";

const CACHE = process.env.ZKREWIND_CACHE ?? join(homedir(), ".cache", "zkrewind");
export const ACCESS_KEY = "interop-access";
export const SECRET_KEY = "interop-secret-key-that-no-message-may-hold";

/** "versitygw": does all that S3 does. "s3proxy": takes a wrong CRC-32C, the weak store. */
export type S3Kind = "versitygw" | "s3proxy";

/** A real S3-compatible server on the loopback, with one bucket, `backups`. */
export class S3Server {
  readonly endpoint: string;

  private constructor(
    private readonly child: ChildProcess,
    port: number,
  ) {
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  /** `folder`: an empty one for its objects and its log. */
  static async start(kind: S3Kind, folder: string): Promise<S3Server> {
    execFileSync(join(FIXTURES, "make", "fetch-stores.sh"), { stdio: ["ignore", "inherit", "inherit"] });
    const objects = join(folder, "objects");
    mkdirSync(objects);
    const port = await freePort();
    const logFile = join(folder, "server.log");
    const log = openSync(logFile, "w");
    const child = kind === "versitygw" ? versitygw(objects, port, log) : s3proxy(folder, objects, port, log);
    closeSync(log);
    const server = new S3Server(child, port);
    try {
      await server.makeBucket();
    } catch (error) {
      await server.stop();
      throw new Error(`${kind} does not start: ${readFileSync(logFile, "utf8")}`, { cause: error });
    }
    return server;
  }

  async stop(): Promise<void> {
    this.child.kill("SIGKILL");
    await ended(this.child);
  }

  private async makeBucket(): Promise<void> {
    const client = new S3Client({
      endpoint: this.endpoint,
      region: "us-east-1",
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
    });
    for (let tries = 0; ; tries++)
      try {
        await client.send(new CreateBucketCommand({ Bucket: "backups" }));
        break;
      } catch (error) {
        if (this.child.exitCode !== null || tries > 300) throw error;
        await sleep(100);
      }
    client.destroy();
  }
}

/** One that goes with the test, and the credentials for it. */
export async function s3ForTest(kind: S3Kind): Promise<S3Server> {
  useCredentials();
  const server = await S3Server.start(kind, scratchFolder());
  onTestFinished(() => server.stop());
  return server;
}

/** Gives this process, and those that it starts, the servers' credentials, in the way that the SDK looks for them. */
export function useCredentials(): void {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: ACCESS_KEY,
    AWS_SECRET_ACCESS_KEY: SECRET_KEY,
    AWS_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  });
}

function versitygw(objects: string, port: number, log: number): ChildProcess {
  const program = join(CACHE, "versitygw", "1.8.0", "versitygw");
  return spawn(program, ["--port", `127.0.0.1:${port}`, "--quiet", "posix", objects], {
    stdio: ["ignore", log, log],
    env: { ...process.env, ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY },
  });
}

function s3proxy(folder: string, objects: string, port: number, log: number): ChildProcess {
  const properties = {
    "s3proxy.endpoint": `http://127.0.0.1:${port}`,
    "s3proxy.authorization": "aws-v2-or-v4",
    "s3proxy.identity": ACCESS_KEY,
    "s3proxy.credential": SECRET_KEY,
    "jclouds.provider": "filesystem-nio2",
    "jclouds.filesystem.basedir": objects,
  };
  const file = join(folder, "s3proxy.properties");
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(""),
  );
  const jar = join(CACHE, "s3proxy", "3.2.0", "s3proxy.jar");
  return spawn("java", ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-jar", jar, "--properties", file], {
    stdio: ["ignore", log, log],
  });
}

/** One on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
