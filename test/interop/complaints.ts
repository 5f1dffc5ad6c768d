/** What the server says of digests that do not match, and every error but those of a four-letter word's connection. */
export function complaints(log: string): string[] {
  const wrong = /digest.*(mismatch|not match)|mismatch.*digest| ERROR (?!ServerCnxn: Error closing a command socket)/i;
  return log.split("\n").filter((line) => wrong.test(line));
}
