import { ZkRewindError } from "../../findings/finding.js";
import { say, tag, type Message } from "../../text/message.js";

/** What an error of the SDK, of the store or of the network has, as far as it has it. */
interface Failure {
  name?: string;
  code?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number; attempts?: number };
  cause?: unknown;
  errors?: unknown;
}

/** The store's answer by number, or undefined where none came. */
export function statusOf(error: unknown): number | undefined {
  return (error as Failure | undefined)?.$metadata?.httpStatusCode;
}

/** The store's, or the system's, word for an error. */
export function codeOf(error: unknown): string {
  const { name, code, cause, errors } = (error ?? {}) as Failure;
  // Of several addresses that were tried, the first that answered.
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (first) return codeOf(first);
  if (code !== undefined) return code;
  if (name === undefined || name === "Error") return cause ? codeOf(cause) : "";
  return name;
}

/**
 * An error as one line that says what to do. `secrets` are kept out of it, should the SDK or the store repeat one.
 * `doing`: "read log/…", "list".
 */
export function storeFailure(
  location: string,
  doing: Message,
  error: unknown,
  secrets: readonly string[],
): ZkRewindError {
  if (error instanceof ZkRewindError) return error;
  const code = codeOf(error);
  const status = statusOf(error);
  const known = WORDS[code] ?? (status === undefined ? undefined : BY_STATUS[status]);
  const what = known?.what ?? say`${tag.system(spoken(error, secrets))}`;
  return new ZkRewindError(say`${tag.file(location)}: cannot ${doing}: ${what}`, {
    exitCode: 3,
    ...(known?.hint ? { hint: known.hint } : {}),
  });
}

function spoken(error: unknown, secrets: readonly string[]): string {
  const { message = "" } = (error ?? {}) as Failure;
  const code = codeOf(error);
  const status = statusOf(error);
  let text = [code, message].filter((each) => each !== "").join(": ");
  if (text === "") text = "the store gave no reason";
  if (status !== undefined) text += ` (HTTP ${status})`;
  for (const secret of secrets) if (secret !== "") text = text.replaceAll(secret, "…");
  return text.replaceAll(/\s+/g, " ").slice(0, 300);
}

interface Words {
  what: Message;
  hint?: Message;
}

const NO_CREDENTIALS: Words = {
  what: say`no credentials were found`,
  hint: say`The SDK looks in the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE), in ~/.aws, and asks the machine's role.`,
};
const NO_RIGHT: Words = {
  what: say`the store denies it: the credentials lack the right`,
  hint: say`docs/backup.md lists the rights that each command needs. Without the right to list, an object that is missing looks like this too.`,
};
const NOT_KNOWN: Words = { what: say`the store does not know this access key` };
const NO_ANSWER: Words = { what: say`the store did not answer in time` };
const LOST: Words = { what: say`the connection was lost` };
const WRONG_REGION: Words = {
  what: say`the bucket is in another region`,
  hint: say`Set AWS_REGION, or add ?region=… to the repository's name.`,
};
const BUSY: Words = { what: say`the store is too busy, or down` };
const UNTRUSTED: Words = {
  what: say`the store's certificate is not trusted`,
  hint: say`NODE_EXTRA_CA_CERTS=FILE adds a certificate authority.`,
};

const WORDS: Readonly<Record<string, Words>> = {
  NoSuchBucket: { what: say`there is no such bucket` },
  AccessDenied: NO_RIGHT,
  AccessDeniedException: NO_RIGHT,
  Forbidden: NO_RIGHT,
  AllAccessDisabled: NO_RIGHT,
  InvalidAccessKeyId: NOT_KNOWN,
  XAdminUserNotFound: NOT_KNOWN,
  SignatureDoesNotMatch: { what: say`the secret key is not the access key's` },
  ExpiredToken: { what: say`the session token has expired` },
  TokenRefreshRequired: { what: say`the session token has expired` },
  InvalidToken: { what: say`the session token is not valid` },
  RequestTimeTooSkewed: {
    what: say`this machine's clock is too far from the store's`,
    hint: say`Set the clock (timedatectl): the store takes requests of the last 15 minutes only.`,
  },
  PermanentRedirect: WRONG_REGION,
  TemporaryRedirect: WRONG_REGION,
  AuthorizationHeaderMalformed: WRONG_REGION,
  IllegalLocationConstraintException: WRONG_REGION,
  BadDigest: { what: say`the bytes changed on their way: the store computed another checksum` },
  XAmzContentChecksumMismatch: { what: say`the bytes changed on their way: the store computed another checksum` },
  InvalidDigest: { what: say`the bytes changed on their way: the store computed another checksum` },
  SlowDown: BUSY,
  ServiceUnavailable: BUSY,
  InternalError: BUSY,
  QuotaExceeded: { what: say`the store is full, or its quota is used up` },
  InsufficientCapacity: { what: say`the store is full, or its quota is used up` },
  EntityTooLarge: { what: say`the store does not take objects of this size` },
  CredentialsProviderError: NO_CREDENTIALS,
  ECONNREFUSED: { what: say`the connection was refused: nothing listens there` },
  ENOTFOUND: { what: say`the store's host name cannot be resolved` },
  EAI_AGAIN: { what: say`the store's host name cannot be resolved now` },
  EHOSTUNREACH: { what: say`the store's host cannot be reached` },
  ENETUNREACH: { what: say`the store's network cannot be reached` },
  ETIMEDOUT: NO_ANSWER,
  TimeoutError: NO_ANSWER,
  ECONNRESET: LOST,
  ECONNABORTED: LOST,
  EPIPE: LOST,
  EPROTO: { what: say`the store does not speak TLS there`, hint: say`Is the endpoint http:// instead of https://?` },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    what: say`the store does not speak TLS there`,
    hint: say`Is the endpoint http:// instead of https://?`,
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  CERT_HAS_EXPIRED: { what: say`the store's certificate has expired` },
};

/** For the answers that come without a word: those to HEAD. */
const BY_STATUS: Readonly<Record<number, Words>> = {
  301: WRONG_REGION,
  401: NO_RIGHT,
  403: NO_RIGHT,
  500: BUSY,
  502: BUSY,
  503: BUSY,
  504: BUSY,
  507: { what: say`the store is full, or its quota is used up` },
};
