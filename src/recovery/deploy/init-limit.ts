/**
 * What initLimit must be for a server to be sent a snapshot of so many bytes, in ticks and in seconds: the leader writes
 * it, the server reads it and answers, within that time. 3.9.5 on a fast machine took three seconds for 228 MiB; disks
 * and networks of others are slower, and a server that is given up begins anew.
 */
export function ticksNeeded(bytes: number, tickTime: number): { ticks: number; seconds: number } {
  const seconds = LEAST_SECONDS + Math.ceil(bytes / BYTES_A_SECOND);
  return { ticks: Math.ceil((seconds * 1000) / tickTime), seconds };
}

const LEAST_SECONDS = 5;
/** A fourth of what was measured. */
const BYTES_A_SECOND = 20 << 20;
