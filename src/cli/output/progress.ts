import type { DataDirectory, StoredFile } from "../../recovery/index.js";
import { context } from "../context/context.js";

/** The progress of the request that is being answered: see Progress. */

type Tell = (progress: { done: number; total: number }) => void;

export const NO_PROGRESS = "hide the progress bar";

export function allowProgress(value: boolean): void {
  context().progress.allow(value);
}

export function beginProgress(): void {
  context().progress.begin();
}

export function endProgress(): void {
  context().progress.end();
}

export function expectReading(files: readonly StoredFile[], times = 1, workAfter = 0): void {
  context().progress.expect(files, times, workAfter);
}

export function tellAfter(): Tell {
  return context().progress.tellAfter();
}

export function watched(directory: DataDirectory): DataDirectory {
  return context().progress.watched(directory);
}

export function tellProgress(): Tell {
  return context().progress.tell();
}
