const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * While something half-written exists: has it removed when the user or the system ends the process. Answers what takes
 * that back. With nothing to remove, signals do what they always do.
 */
export function onInterrupt(cleanUp: () => void): () => void {
  const handlers = Object.entries(CODES).map(([signal, code]) => {
    const handler = (): void => {
      cleanUp();
      process.exit(code);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => handlers.forEach((remove) => remove());
}
