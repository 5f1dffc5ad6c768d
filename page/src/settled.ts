/** Hands on what a promise comes to. */
export async function settled<T>(
  promise: Promise<T>,
  take: (value: T) => void,
  fail: (error: Error) => void,
): Promise<void> {
  let value: T;
  try {
    value = await promise;
  } catch (error) {
    fail(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  take(value);
}
