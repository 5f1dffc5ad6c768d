import { createRequire } from "node:module";
import type * as CliProgress from "cli-progress";
import type { DataDirectory, StoredFile } from "../../recovery/index.js";
import type { ByteSource } from "../../io/byte-source.js";
import type { Descriptor, Streams } from "./streams.js";

/** Milliseconds until the bar appears, where the environment does not say. */
const PATIENCE = 2000;
/** Milliseconds between two drawings. */
const PACE = 100;
/** Who reads less than this of a file has had a look, and may come again to read it. */
const LOOK = 1 << 20;

interface Expected {
  size: number;
  /** Read of it since it was last opened. */
  read: number;
  /** How often it is going to be read, this time included. */
  times: number;
}

/** Milliseconds. (`performance` would have to be loaded.) */
const clock = (): number => process.uptime() * 1000;

/**
 * How far the reading is, on standard error: only on a terminal, only for what takes longer than a moment. It is counted
 * where files are read, whichever command reads them for whatever purpose.
 */
export class Progress {
  private readonly streams: Streams;
  private readonly patience: number;
  private allowed = true;
  private begun = clock();
  private drawn = -PACE;
  /** Bytes of all files that were read. */
  private done = 0;
  /** Files that are being read or still to be read, by path. */
  private readonly expected = new Map<string, Expected>();
  /** The work on what was read, as if it were this many bytes to read. */
  private after = { size: 0, done: 0 };
  /** What others have counted, on other threads for example: this holds then. */
  private told: { done: number; total: number } | null = null;
  private bar: CliProgress.SingleBar | null = null;
  /** Whether output makes the bar go. */
  private givesWay = false;

  constructor(streams: Streams, env: Readonly<Record<string, string | undefined>>) {
    this.streams = streams;
    this.patience = Number(env["ZKREWIND_PATIENCE"] ?? PATIENCE);
  }

  /** What the option --no-progress says. */
  allow(value: boolean): void {
    this.allowed = value;
  }

  /** New work begins, whose time counts from now. */
  begin(): void {
    this.end();
    this.begun = clock();
    this.done = 0;
    this.expected.clear();
    this.after = { size: 0, done: 0 };
    this.told = null;
  }

  end(): void {
    this.bar?.stop();
    this.bar = null;
  }

  /**
   * The files that are going to be read, each this many times; and the work that follows, as if it were this many bytes to
   * read.
   */
  expect(files: readonly StoredFile[], times = 1, workAfter = 0): void {
    this.expected.clear();
    this.told = null;
    this.after = { size: workAfter, done: 0 };
    for (const { path, size } of files) this.expected.set(path, { size, read: 0, times });
  }

  /** For the work that follows the reading: how far it is, in any unit. */
  tellAfter(): (progress: { done: number; total: number }) => void {
    const work = this.after;
    return (now) => {
      if (work.size === 0) work.size = now.total;
      work.done = now.total > 0 ? Math.round(work.size * Math.min(now.done / now.total, 1)) : 0;
      this.tick();
    };
  }

  /** A directory whose files count what is read of them. Expected are its logs and its newest snapshot. */
  watched(directory: DataDirectory): DataDirectory {
    if (!this.streams.isTerminal(2)) return directory;
    // From now on, and not only once there is a bar: results that come before it keep it away as well.
    this.givesWay = true;
    const snapshots = directory.snapshots.map((file) => this.watchedFile(file));
    const logs = directory.logs.map((file) => this.watchedFile(file));
    this.expect([...snapshots.slice(-1), ...logs]);
    return { ...directory, snapshots, logs };
  }

  /** For work that counts for itself. It may begin from 0 again and again: the total is of all. */
  tell(): (progress: { done: number; total: number }) => void {
    let before = 0;
    let last = 0;
    // Until it has counted, files that are read on this thread are no measure.
    this.told = { done: 0, total: 0 };
    if (this.streams.isTerminal(2)) this.givesWay = true;
    return (now) => {
      if (now.done < last) before += last;
      last = now.done;
      this.told = { done: Math.min(before + last, now.total), total: now.total };
      this.tick();
    };
  }

  /**
   * Something is about to be written: the bar makes room for it. Output that somebody looks at, here or in a pager, is
   * not to be disturbed at all: it tells itself how far it is.
   */
  giveWay(descriptor: Descriptor): void {
    if (!this.givesWay) return;
    this.end();
    if (descriptor === 1 && this.streams.isLookedAt()) this.allowed = false;
  }

  private watchedFile(file: StoredFile): StoredFile {
    return { ...file, open: (range) => this.watchedSource(file.open(range), file) };
  }

  private watchedSource(source: ByteSource, { path, size }: StoredFile): ByteSource {
    const { expected } = this;
    const known = expected.get(path);
    const entry = known ?? { size, read: 0, times: 1 };
    const before = source.storedRead;
    entry.read = before;
    expected.set(path, entry);
    const count = (bytes: number): number => {
      this.done += source.storedRead - entry.read;
      entry.read = source.storedRead;
      this.tick();
      return bytes;
    };
    return {
      name: source.name,
      compression: source.compression,
      get size() {
        return source.size;
      },
      ...(source.skipped === undefined ? {} : { skipped: source.skipped }),
      get storedRead() {
        return source.storedRead;
      },
      read(target, offset, length) {
        const bytes = source.read(target, offset, length);
        return typeof bytes === "number" ? count(bytes) : bytes.then(count);
      },
      readAhead(target, offset, length) {
        return source.readAhead?.(target, offset, length)?.then(count) ?? null;
      },
      ...(source.readAt && {
        readAt: (target: Buffer, offset: number, length: number, position: number) =>
          source.readAt?.(target, offset, length, position) ?? 0,
      }),
      again: () => source.again(),
      close() {
        if (known && entry.read <= LOOK && entry.read < size) entry.read = 0;
        else if (--entry.times > 0) entry.read = 0;
        else expected.delete(path);
        source.close();
      },
    };
  }

  private tick(): void {
    const { told } = this;
    const now = clock();
    if (now - this.begun < this.patience || now - this.drawn < PACE || !this.allowed || told?.total === 0) return;
    this.drawn = now;
    this.draw();
  }

  private draw(): void {
    const { bar, done, after } = this;
    const { done: value, total } = this.told ?? {
      done: done + after.done,
      total: done + this.remaining() + after.size,
    };
    if (bar) {
      bar.setTotal(total);
      bar.update(value);
    } else this.bar = this.start(value, total);
  }

  private remaining(): number {
    let sum = 0;
    for (const { size, read, times } of this.expected.values()) sum += Math.max(size - read, 0) + (times - 1) * size;
    return sum;
  }

  /** Loaded late, and without a pause in what is being read. */
  private start(value: number, total: number): CliProgress.SingleBar | null {
    if (!this.streams.isTerminal(2)) return null;
    const { SingleBar } = createRequire(import.meta.filename)("cli-progress") as typeof CliProgress;
    const made = new SingleBar({
      stream: this.streams.stderr(),
      format: (_, params) => line(clock() - this.begun, params.progress, params.value, params.total, params.maxWidth),
      clearOnComplete: true,
      // Ctrl-C stays what it is, and finds the terminal as it was.
      gracefulExit: false,
      hideCursor: false,
      linewrap: true,
    });
    made.start(total, value);
    return made;
  }
}

/** `time`: milliseconds since it began. */
function line(time: number, progress: number, value: number, total: number, maxWidth: number): string {
  const rate = value / (time / 1000);
  const percent = `${String(Math.floor(progress * 100)).padStart(3)}%`;
  const left = rate > 0 ? ` ${timeText((total - value) / rate)} left` : "";
  const about = `${percent}  ${bytesText(value)} of ${bytesText(total)}  ${bytesText(rate)}/s ${left}`;
  const width = Math.min(Math.max(maxWidth - about.length - 4, 0), 40);
  const full = Math.round(progress * width);
  return `${"█".repeat(full)}${"░".repeat(width - full)} ${about}`.slice(0, maxWidth - 1);
}

function bytesText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${value.toFixed(unit > 0 && value < 9.95 ? 1 : 0)} ${units[unit]}`;
}

function timeText(seconds: number): string {
  const whole = Math.ceil(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes === 0) return `${whole} s`;
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
