import { createHash } from "node:crypto";
import { crc32c } from "../../checksum/index.js";
import { ZkRewindError } from "../../findings/finding.js";
import { say, tag } from "../../text/message.js";
import { S3Connection, type Requests, type S3Settings } from "./s3-connection.js";
import { codeOf, statusOf } from "./s3-errors.js";
import { s3Location, type S3Location } from "./s3-location.js";
import {
  checkObjectName,
  isObjectName,
  MOST_OBJECT,
  type ObjectInfo,
  type ObjectRange,
  type ObjectStore,
  type PutOptions,
  tooLarge,
} from "./store.js";

/**
 * A bucket of any S3-compatible store. Requests that fail for reasons that pass are repeated, bodies that break off are
 * read on from where they broke off.
 */
export class S3Store implements ObjectStore {
  readonly location: string;
  private readonly at: S3Location;
  private readonly connection: S3Connection;
  /** Whether `If-None-Match: *` is kept: seen once per process. Where not, a look comes before each put. */
  private isConditional: boolean | undefined;
  private isBucketThere = false;

  /** Throws ZkRewindError 2 for what is no s3:// name. */
  constructor(location: string, settings: S3Settings = {}) {
    this.at = s3Location(location);
    this.location = location;
    this.connection = new S3Connection(this.at, settings);
  }

  get requests(): Readonly<Requests> {
    return this.connection.requests;
  }

  async put(name: string, bytes: Uint8Array, options: PutOptions): Promise<"stored" | "exists"> {
    checkObjectName(name);
    const { replace = false, signal } = options;
    if (crc32c(bytes) !== options.crc32c)
      throw new ZkRewindError(say`${tag.file(name)} changed on its way: its CRC-32C differs`, { exitCode: 3 });
    return this.connection.trying(say`store ${tag.file(name)}`, signal, async () => {
      if (!replace && this.isConditional !== true && (await this.headNow(name, signal))) return "exists";
      const isNew = await this.putNow(name, bytes, options, !replace && this.isConditional !== false);
      if (!isNew) return "exists";
      // The same bytes again: a store that keeps the condition refuses them, and one that does not loses nothing.
      if (!replace && this.isConditional === undefined && bytes.length <= SMALL)
        this.isConditional = !(await this.putNow(name, bytes, options, true));
      return "stored";
    });
  }

  async head(name: string, signal?: AbortSignal): Promise<ObjectInfo | undefined> {
    checkObjectName(name);
    return this.connection.trying(
      say`look for ${tag.file(name)}`,
      signal,
      async () => (await this.headNow(name, signal))?.info,
    );
  }

  async get(name: string, range?: ObjectRange, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const chunks: Uint8Array[] = [];
    const most = range?.length ?? MOST_OBJECT;
    let length = 0;
    for await (const chunk of this.bodyOf(name, range, signal)) {
      if (chunk === undefined) return undefined;
      chunks.push(chunk);
      length += chunk.length;
      if (length > most)
        throw range
          ? new ZkRewindError(say`${tag.file(this.shown(name))}: the store sends more than it was asked for`, {
              exitCode: 3,
            })
          : tooLarge(this.shown(name));
    }
    return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  }

  async *open(name: string, range?: ObjectRange, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    for await (const chunk of this.bodyOf(name, range, signal)) {
      if (chunk === undefined)
        throw new ZkRewindError(say`${tag.file(this.shown(name))}: no such object`, { exitCode: 3 });
      yield chunk;
    }
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<ObjectInfo> {
    let token: string | undefined;
    let last = "";
    do {
      const {
        Contents = [],
        NextContinuationToken,
        IsTruncated,
      } = await this.connection.trying(say`list`, signal, async () => {
        const input = {
          Bucket: this.at.bucket,
          Prefix: this.at.prefix + prefix,
          ContinuationToken: token,
        };
        return this.connection.send("list", signal, ({ library, client }, options) =>
          client.send(new library.ListObjectsV2Command(input), options),
        );
      });
      for (const { Key = "", Size, LastModified } of Contents) {
        if (!Key.startsWith(this.at.prefix + prefix)) continue;
        const name = Key.slice(this.at.prefix.length);
        if (!isObjectName(name)) continue;
        if (name <= last) throw this.disorderly();
        last = name;
        yield { name, size: Size ?? 0, crc32c: undefined, modified: LastModified?.getTime() ?? 0 };
      }
      if (IsTruncated === true && (NextContinuationToken === undefined || NextContinuationToken === token))
        throw this.disorderly();
      token = IsTruncated === true ? NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async delete(name: string, signal?: AbortSignal): Promise<void> {
    checkObjectName(name);
    const input = { Bucket: this.at.bucket, Key: this.keyOf(name) };
    await this.connection.trying(say`delete ${tag.file(name)}`, signal, () =>
      this.connection.send("delete", signal, ({ library, client }, options) =>
        client.send(new library.DeleteObjectCommand(input), options),
      ),
    );
  }

  /** Closes the connections that are kept. */
  close(): void {
    this.connection.close();
  }

  /** False where the store has one of that name, and was asked to keep it. */
  private async putNow(name: string, bytes: Uint8Array, options: PutOptions, isNew: boolean): Promise<boolean> {
    const sum = base64Of(options.crc32c);
    const input = {
      Bucket: this.at.bucket,
      Key: this.keyOf(name),
      Body: bytes,
      ContentLength: bytes.length,
      ContentType: "application/octet-stream",
      ChecksumCRC32C: sum,
      ...(isNew ? { IfNoneMatch: "*" } : {}),
    };
    let kept: string | undefined;
    let tagged: string | undefined;
    try {
      const answer = await this.connection.send("put", options.signal, ({ library, client }, until) =>
        client.send(new library.PutObjectCommand(input), until),
      );
      kept = answer.ChecksumCRC32C;
      tagged = answer.ETag;
    } catch (error) {
      if (statusOf(error) === 412) {
        this.isConditional = true;
        return false;
      }
      if (isNew && statusOf(error) === 501) {
        this.isConditional = false;
        return this.putNow(name, bytes, options, false);
      }
      throw error;
    }
    await this.checkKept(name, bytes, sum, kept, tagged, options.signal);
    return true;
  }

  /** That the store has the bytes that it was given: by its CRC-32C, its MD5, or else by reading them back. */
  private async checkKept(
    name: string,
    bytes: Uint8Array,
    sum: string,
    answered: string | undefined,
    tagged: string | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    if (answered === sum) return;
    const md5 = createHash("md5").update(bytes).digest("hex");
    if (answered === undefined && tagged?.replaceAll('"', "") === md5) return;
    const found = answered ?? (await this.headNow(name, signal))?.sum;
    if (found === sum) return;
    if (found === undefined) {
      const read = await this.get(name, undefined, signal);
      if (read && base64Of(crc32c(read)) === sum) return;
    }
    throw new ZkRewindError(say`${tag.file(this.shown(name))}: the store keeps other bytes than it was given`, {
      exitCode: 3,
    });
  }

  private async headNow(
    name: string,
    signal?: AbortSignal,
  ): Promise<{ info: ObjectInfo; sum: string | undefined } | undefined> {
    const input = {
      Bucket: this.at.bucket,
      Key: this.keyOf(name),
      ChecksumMode: "ENABLED" as const,
    };
    try {
      const answer = await this.connection.send("head", signal, ({ library, client }, options) =>
        client.send(new library.HeadObjectCommand(input), options),
      );
      const sum = answer.ChecksumType === "COMPOSITE" ? undefined : answer.ChecksumCRC32C;
      const info: ObjectInfo = {
        name,
        size: answer.ContentLength ?? 0,
        crc32c: numberOf(sum),
        modified: answer.LastModified?.getTime() ?? 0,
      };
      return { info, sum };
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      await this.checkBucket(signal);
      return undefined;
    }
  }

  /** Once: an answer to HEAD has no word, and what is not there may be the bucket, or the user. */
  private async checkBucket(signal: AbortSignal | undefined): Promise<void> {
    if (this.isBucketThere) return;
    const input = { Bucket: this.at.bucket, Prefix: this.at.prefix, MaxKeys: 1 };
    try {
      await this.connection.send("list", signal, ({ library, client }, options) =>
        client.send(new library.ListObjectsV2Command(input), options),
      );
    } catch (error) {
      // Who may not list may still read and write.
      if (statusOf(error) !== 403) throw error;
    }
    this.isBucketThere = true;
  }

  /** The bytes of an object, read on where a connection broke off; a single undefined where there is none. */
  private async *bodyOf(
    name: string,
    range?: ObjectRange,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array | undefined> {
    checkObjectName(name);
    const doing = say`read ${tag.file(name)}`;
    let position = range?.offset ?? 0;
    const end = range ? range.offset + range.length : Number.POSITIVE_INFINITY;
    let etag: string | undefined;
    if (position >= end && range) return;
    for (let failures = 0; ; ) {
      const part = await this.connection.trying(doing, signal, () =>
        this.requestBody(name, position, end, etag, signal),
      );
      if (part === "absent") yield undefined;
      if (typeof part === "string") return;
      etag ??= part.etag;
      const before = position;
      try {
        for await (const chunk of part.body) {
          yield chunk;
          position += chunk.length;
        }
        // Where the store says how many bytes there are, fewer are a connection that broke off.
        if (part.length === undefined || position >= before + part.length) return;
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof ZkRewindError) throw error;
        if (position > before) failures = 0;
        await this.connection.pauseAfter(++failures, doing, error, signal);
        continue;
      }
      await this.connection.pauseAfter(
        ++failures,
        doing,
        new Error("the store sends fewer bytes than it says"),
        signal,
      );
    }
  }

  private async requestBody(name: string, from: number, end: number, etag: string | undefined, signal?: AbortSignal) {
    const isWhole = from === 0 && end === Number.POSITIVE_INFINITY;
    const input = {
      Bucket: this.at.bucket,
      Key: this.keyOf(name),
      ...(isWhole ? {} : { Range: `bytes=${from}-${end === Number.POSITIVE_INFINITY ? "" : end - 1}` }),
      ...(etag === undefined ? {} : { IfMatch: etag }),
    };
    try {
      const { Body, ContentLength, ContentRange, ETag } = await this.connection.send(
        "get",
        signal,
        ({ library, client }, options) => client.send(new library.GetObjectCommand(input), options),
      );
      const all = Body as AsyncIterable<Uint8Array> | undefined;
      if (!all) throw new Error("an answer without a body");
      // A store may ignore the range, and give all.
      if (!isWhole && ContentRange === undefined)
        return { body: sliced(all, from, end), length: undefined, etag: ETag };
      return { body: all, length: ContentLength, etag: ETag };
    } catch (error) {
      const status = statusOf(error);
      if (status === 404 && ABSENT.has(codeOf(error))) return "absent" as const;
      // Nothing of the range is there.
      if (status === 416) return "beyond" as const;
      if (status === 412)
        throw new ZkRewindError(say`${tag.file(this.shown(name))} was replaced while it was read`, { exitCode: 3 });
      throw error;
    }
  }

  private disorderly(): ZkRewindError {
    return new ZkRewindError(
      say`${tag.file(this.location)}: the store does not list objects in the order of their names`,
      { exitCode: 3, hint: say`S3 directory buckets ("Express One Zone") and stores like them cannot be used.` },
    );
  }

  private keyOf(name: string): string {
    return this.at.prefix + name;
  }

  private shown(name: string): string {
    return `${this.location.replace(/\?.*/, "").replace(/\/+$/, "")}/${name}`;
  }
}

async function* sliced(body: AsyncIterable<Uint8Array>, from: number, end: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const chunk of body) {
    const part = chunk.subarray(Math.max(0, from - at), Math.max(0, end - at));
    at += chunk.length;
    if (part.length > 0) yield part;
    if (at >= end) return;
  }
}

function base64Of(sum: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(sum);
  return bytes.toString("base64");
}

function numberOf(sum: string | undefined): number | undefined {
  const bytes = Buffer.from(sum ?? "", "base64");
  return bytes.length === 4 ? bytes.readUInt32BE() : undefined;
}

/** What a 404 is called that means the object: there are those of buckets and users. */
const ABSENT = new Set(["NoSuchKey", "NotFound", "NoSuchVersion"]);
/** Bytes of an object that may be sent twice to learn what the store can. */
const SMALL = 1 << 20;
