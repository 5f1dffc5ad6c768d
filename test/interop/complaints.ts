const DIGEST = /digest.*(mismatch|not match)|mismatch.*digest/i;
/** All but the race in closing a four-letter word's connection, which these tests cause. */
const ERROR = / ERROR (?!\w*ServerCnxn: Error closing a command socket)/;

/** What a server's log says of digests that do not match, and its errors. */
export function complaints(log: string): string[] {
  return log.split("\n").filter((line) => DIGEST.test(line) || ERROR.test(line));
}
