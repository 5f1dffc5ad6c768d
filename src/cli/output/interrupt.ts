const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * While something half-written exists: has it removed when the user or the system ends the process. Returns what takes
 * that back. With nothing to remove, signals do what they always do.
 */
export function onInterrupt(cleanUp: () => void): () => void {
  const handlers = SIGNALS.map((signal) => {
    const handler = (): void => {
      try {
        cleanUp();
      } catch {
        // What cannot be removed stays: the process is to end all the same.
      }
      // Then as if nobody had listened. (process.exit waits for compilers' threads, which may wait for this one.)
      process.off(signal, handler);
      process.kill(process.pid, signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => handlers.forEach((remove) => remove());
}
