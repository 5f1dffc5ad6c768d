/** What hands items out as it comes by them, with pauses in which it can be made to wait. */
export interface Push<T> {
  item(item: T): void;
  /** A promise that is done when all items have been taken. */
  pause(): Promise<void>;
  /** Whether nobody takes any more. */
  isDone(): boolean;
}

/**
 * The items that `run` hands out, to be iterated over: no more are in memory than between two of its pauses. Where the
 * loop is left early, `run` is told so, and waited for, so that its files are closed.
 */
export async function* pull<T>(run: (push: Push<T>) => Promise<unknown>): AsyncGenerator<T, void, void> {
  let items: T[] = [];
  let isDone = false;
  let wake = (): void => {};
  let goOn = (): void => {};
  const running = run({
    item: (item) => void items.push(item),
    async pause() {
      if (isDone || items.length === 0) return;
      wake();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
    },
    isDone: () => isDone,
  });
  let isOver = false;
  const end = Promise.allSettled([running]).then(() => (isOver = true));
  try {
    for (;;) {
      if (items.length === 0 && !isOver) {
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        goOn();
        await Promise.race([woken, end]);
      }
      const taken = items;
      items = [];
      yield* taken;
      if (isOver && items.length === 0) break;
    }
  } finally {
    isDone = true;
    goOn();
    await end;
  }
  // What went wrong on the way is the loop's.
  await running;
}
