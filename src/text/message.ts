import type { Literal, Safe } from "./safe.js";

/**
 * What a value in a message is. It decides whether `--redact` hides the value:
 *
 * - `path`, `name`: a znode's path (or a glob for paths), and the last part of one;
 * - `value`: a znode's data, or a part of it;
 * - `id`, `scheme`: of an ACL;
 * - `line`: what can hold anything, like a line of a server's log: hidden whole;
 * - `file`: the name of a file or folder of this machine, or of a server after its folder: never hidden;
 * - `given`: what the user typed and is none of the above, such as a point in time: never hidden;
 * - `system`: words of the operating system or of a library, which hold no data: never hidden.
 */
export type TagKind = "path" | "name" | "value" | "id" | "scheme" | "line" | "file" | "given" | "system";

/** A value that comes from files or from the command line, and what it is. */
export interface Tagged {
  readonly kind: TagKind;
  readonly text: string;
}

/**
 * A sentence for people: the program's own words, and the values in it, each with its tag. It becomes text at the edge,
 * where values are escaped, and hidden if the user wants that. Plain data: it goes from thread to thread as it is.
 */
export interface Message {
  readonly parts: readonly (Safe | Tagged)[];
}

/** What `say` takes between its words. A `string` is none: `tag` says what it is. */
export type Part = Safe | Tagged | Message | number | bigint;

type Sayable<T> = T extends string ? Literal<T> : T;

/**
 * Makes a message:
 *
 *     say`there is no znode ${tag.path(path)} at ${hex(zxid)}`
 *
 * The compiler takes numbers (a bigint is written in decimal), other messages, literals ("a" | "b"), and text that is safe by its type; any other string
 * must be tagged.
 */
export function say<V extends readonly (string | Tagged | Message | number | bigint)[]>(
  strings: TemplateStringsArray,
  ...values: V & { readonly [K in keyof V]: Sayable<V[K]> }
): Message {
  const parts: (Safe | Tagged)[] = [];
  for (const [index, literal] of strings.entries()) {
    add(parts, literal as Safe);
    const value = values[index] as Part | undefined;
    if (value !== undefined) add(parts, value);
  }
  return { parts };
}

/** Tags values: `tag.path(path)`. */
export const tag = {
  path: (text: string): Tagged => ({ kind: "path", text }),
  name: (text: string): Tagged => ({ kind: "name", text }),
  value: (text: string): Tagged => ({ kind: "value", text }),
  id: (text: string): Tagged => ({ kind: "id", text }),
  scheme: (text: string): Tagged => ({ kind: "scheme", text }),
  line: (text: string): Tagged => ({ kind: "line", text }),
  file: (text: string): Tagged => ({ kind: "file", text }),
  given: (text: string): Tagged => ({ kind: "given", text }),
  system: (text: string): Tagged => ({ kind: "system", text }),
} satisfies Record<TagKind, (text: string) => Tagged>;

/** Several in a row. */
export function joined<T extends string>(list: readonly Part[], separator: Literal<T>): Message {
  const parts: (Safe | Tagged)[] = [];
  for (const [index, each] of list.entries()) {
    if (index > 0) add(parts, separator);
    add(parts, each);
  }
  return { parts };
}

/**
 * The message as it is, with nothing escaped and nothing hidden: for programs.
 *
 * @example
 * import { discover, plain } from "zkrewind";
 *
 * const { findings } = discover(["fixtures/3.8.6-standalone/version-2/snapshot.0", "fixtures/3.8.6-standalone"]);
 * console.log(findings.map(({ message }) => plain(message)));
 */
export function plain({ parts }: Message): string {
  return parts.map((each) => (typeof each === "string" ? each : each.text)).join("");
}

/** Whether a value of any kind is a message. */
export function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && Array.isArray((value as Partial<Message>).parts);
}

function add(parts: (Safe | Tagged)[], value: Part): void {
  if (typeof value === "object") {
    if ("parts" in value) for (const each of value.parts) add(parts, each);
    else parts.push(value);
    return;
  }
  const text = String(value);
  const last = parts.at(-1);
  if (typeof last === "string") parts[parts.length - 1] = (last + text) as Safe;
  else if (text !== "") parts.push(text as Safe);
}
