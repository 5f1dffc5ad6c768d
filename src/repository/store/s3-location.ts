import { ZkRewindError } from "../../findings/finding.js";
import { say, tag, type Message } from "../../text/message.js";
import { isObjectName } from "./store.js";

/** What `s3://bucket/prefix?endpoint=…&region=…&profile=…&style=path|virtual` says. */
export interface S3Location {
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  /** What is not given is the SDK's to find: AWS_ENDPOINT_URL, AWS_REGION, AWS_PROFILE, ~/.aws/config. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly profile?: string;
  /** Whether the bucket is a part of the path, as most stores but AWS's want it. AWS takes both. */
  readonly isPathStyle: boolean;
  /** As given: it holds no credential. */
  readonly text: string;
}

export function isS3(location: string): boolean {
  return location.startsWith("s3://");
}

/** Throws ZkRewindError 2 where it is none; what may be a credential is not repeated. */
export function s3Location(text: string): S3Location {
  const [, bucket = "", path = "", query = ""] = /^s3:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(text) ?? [];
  if (bucket.includes("@") || bucket.includes(":"))
    throw wrong(
      say`a repository's name holds no credential`,
      say`The SDK's own chain has them: AWS_PROFILE, ~/.aws/credentials, the environment, the machine's role.`,
    );
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw wrong(say`${tag.given(text)}: not a bucket's name (s3://bucket/prefix)`);
  const prefix = path.replace(/\/+$/, "");
  if (prefix !== "" && !isObjectName(prefix))
    throw wrong(say`${tag.given(text)}: a prefix may hold the characters A-Z a-z 0-9 . _ - and /`);
  const options = new Map(query === "" ? [] : query.split("&").map(pair));
  const style = options.get("style") ?? "path";
  const { endpoint, region, profile } = {
    endpoint: options.get("endpoint"),
    region: options.get("region"),
    profile: options.get("profile"),
  };
  for (const name of options.keys())
    if (!OPTIONS.has(name))
      throw wrong(
        say`s3://${tag.given(bucket)}: no option is called ${tag.given(name)}`,
        say`There are endpoint, region, profile and style (path or virtual).`,
      );
  if (style !== "path" && style !== "virtual") throw wrong(say`s3://${tag.given(bucket)}: style is path or virtual`);
  if (endpoint !== undefined) checkEndpoint(bucket, endpoint);
  return {
    bucket,
    prefix: prefix === "" ? "" : `${prefix}/`,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    isPathStyle: style === "path",
    text,
  };
}

function checkEndpoint(bucket: string, endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url && (url.username !== "" || url.password !== "")) throw wrong(say`an endpoint holds no credential`);
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:") || url.search !== "" || url.hash !== "")
    throw wrong(say`s3://${tag.given(bucket)}: the endpoint is no address (https://host:port)`);
}

function pair(text: string): [string, string] {
  const at = text.indexOf("=");
  const value = at < 0 ? "" : text.slice(at + 1);
  try {
    return [at < 0 ? text : text.slice(0, at), decodeURIComponent(value)];
  } catch {
    throw wrong(say`an option of a repository's name cannot be decoded`);
  }
}

function wrong(message: Message, hint?: Message): ZkRewindError {
  return new ZkRewindError(message, { exitCode: 2, ...(hint ? { hint } : {}) });
}

const OPTIONS = new Set(["endpoint", "region", "profile", "style"]);
