import { setTimeout as sleep } from "node:timers/promises";
import type { Message } from "../../text/message.js";
import { codeOf, storeFailure } from "./s3-errors.js";
import type * as Library from "./s3-library.js";
import type { S3Location } from "./s3-location.js";

export interface S3Settings {
  /** How often a request is tried; pauses grow between, with chance in them. */
  attempts?: number;
  /** Milliseconds without a byte after which a connection is given up. */
  idle?: number;
}

/** What was asked of the store, retries among them: what S3 bills. */
export interface Requests {
  put: number;
  get: number;
  head: number;
  list: number;
  delete: number;
}

type Client = InstanceType<typeof Library.S3Client>;
interface Opened {
  library: typeof Library;
  client: Client;
}

/**
 * A client of the AWS SDK, which is loaded by the first request, and how often and in what words its requests fail.
 *
 * The SDK's own checksums break stores other than AWS's (aws-sdk-js-v3#6810), so they stay off: a put has its CRC-32C as
 * a header of ours.
 */
export class S3Connection {
  readonly requests: Requests = { put: 0, get: 0, head: 0, list: 0, delete: 0 };
  private readonly at: S3Location;
  private readonly settings: Required<S3Settings>;
  private opening: Promise<Opened> | undefined;

  constructor(at: S3Location, { attempts = 6, idle = 60_000 }: S3Settings) {
    this.at = at;
    this.settings = { attempts, idle };
  }

  /** One request of a kind, counted with what the SDK tried again. */
  async send<T extends { $metadata: { attempts?: number } }>(
    kind: keyof Requests,
    signal: AbortSignal | undefined,
    request: (opened: Opened, options: { abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const opened = await this.opened();
    try {
      const answer = await request(opened, signal ? { abortSignal: signal } : {});
      this.requests[kind] += answer.$metadata.attempts ?? 1;
      return answer;
    } catch (error) {
      this.requests[kind] += (error as Partial<T>).$metadata?.attempts ?? 1;
      throw error;
    }
  }

  /** Errors in words. What passes was tried again by the SDK, but for a conflict of two conditional puts. */
  async trying<T>(doing: Message, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      signal?.throwIfAborted();
      try {
        return await work();
      } catch (error) {
        if (PASSES.has(codeOf(error))) await this.pauseAfter(failures, doing, error, signal);
        else throw await this.failed(doing, error, signal);
      }
    }
  }

  /** Waits before the next try; throws where there were enough. */
  async pauseAfter(failures: number, doing: Message, error: unknown, signal: AbortSignal | undefined): Promise<void> {
    if (failures >= this.settings.attempts) throw await this.failed(doing, error, signal);
    signal?.throwIfAborted();
    // Up to 10 s, with chance in it: many hosts lose a store at the same moment.
    await sleep(Math.random() * Math.min(10_000, 100 * 2 ** failures), undefined, signal ? { signal } : {});
  }

  /** Closes the connections that are kept. */
  close(): void {
    void this.opening?.then(
      ({ client }) => client.destroy(),
      () => undefined,
    );
    this.opening = undefined;
  }

  private async failed(doing: Message, error: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    if (signal?.aborted) return signal.reason;
    return storeFailure(this.at.text, doing, error, await this.secrets());
  }

  /** What must not be in a message. */
  private async secrets(): Promise<readonly string[]> {
    try {
      const { client } = await this.opened();
      const { accessKeyId, secretAccessKey, sessionToken = "" } = await client.config.credentials();
      return [secretAccessKey, sessionToken, accessKeyId];
    } catch {
      return [];
    }
  }

  private opened(): Promise<Opened> {
    this.opening ??= this.load();
    return this.opening;
  }

  private async load(): Promise<Opened> {
    // It would print that a later release will not run on Node 20: that is for whoever builds zkrewind.
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
    const library = await import("./s3-library.js");
    const { endpoint, region, profile, isPathStyle } = this.at;
    const make = (place: string | undefined): Client =>
      new library.S3Client({
        ...(endpoint === undefined ? {} : { endpoint }),
        ...(place === undefined ? {} : { region: place }),
        ...(profile === undefined ? {} : { profile }),
        forcePathStyle: isPathStyle,
        followRegionRedirects: true,
        requestChecksumCalculation: "WHEN_REQUIRED",
        responseChecksumValidation: "WHEN_REQUIRED",
        maxAttempts: this.settings.attempts,
        requestHandler: { connectionTimeout: 10_000, socketTimeout: this.settings.idle },
      });
    const client = make(region);
    try {
      await client.config.region();
      return { library, client };
    } catch {
      // None is configured: stores other than AWS's take any, and AWS names the right one.
      client.destroy();
      return { library, client: make("us-east-1") };
    }
  }
}

/** Answers that pass, and that the SDK does not repeat by itself. */
const PASSES = new Set(["ConditionalRequestConflict", "OperationAborted", "ECONNRESET", "EPIPE", "ECONNABORTED"]);
