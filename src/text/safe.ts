declare const SAFE: unique symbol;

/**
 * Text that holds nothing from files or from the command line, or holds it escaped: it may go to a terminal, or into a
 * script, as it is. Only what makes such text says so: numbers and times (`hex`, `isoTime`), and the command line's gate
 * (cli/output/text.ts).
 */
export type Safe = string & { readonly [SAFE]: true };

/** A literal of the program's own, which the compiler knows; never for a `string` that comes from anywhere else. */
export type Literal<T extends string> = T extends Safe ? T : {} extends Record<T, 1> ? never : T;

/** The program's own words. */
export function words<T extends string>(literal: Literal<T>): Safe {
  return literal as string as Safe;
}

/** Several of them. */
export function allWords<T extends string>(literals: readonly Literal<T>[]): Safe[] {
  return [...literals] as string[] as Safe[];
}

/** A number with this many digits after the point. */
export function fixed(value: number, digits: number): Safe {
  return value.toFixed(digits) as Safe;
}

/** A whole number in hex without 0x, with zeros up to a width. */
export function hexDigits(value: number, width: number): Safe {
  return value.toString(16).padStart(width, "0") as Safe;
}

/** Safe text made of such: safe`at ${hex(zxid)}`. */
export function safe<V extends readonly (string | number | bigint)[]>(
  strings: TemplateStringsArray,
  ...values: V & { readonly [K in keyof V]: V[K] extends string ? Literal<V[K]> : V[K] }
): Safe {
  let text = strings[0] ?? "";
  for (let index = 0; index < values.length; index++) text += `${values[index]}${strings[index + 1]}`;
  return text as Safe;
}

/** Several in a row. */
export function joinSafe<T extends string>(texts: readonly Safe[], separator: Literal<T>): Safe {
  return texts.join(separator) as Safe;
}

/** With blanks after it, up to a width. */
export function padEnd(text: Safe | number, width: number): Safe {
  return String(text).padEnd(width) as Safe;
}

/** With blanks before it, up to a width. */
export function padStart(text: Safe | number, width: number): Safe {
  return String(text).padStart(width) as Safe;
}

/** Without blanks at its end. */
export function trimEnd(text: Safe): Safe {
  return text.trimEnd() as Safe;
}

/** 1234567 as 1,234,567. */
export function grouped(count: number): Safe {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",") as Safe;
}

/** `1 znode`, `2 znodes`. */
export function counted<T extends string, P extends string>(
  count: number,
  what: Literal<T>,
  plural?: Literal<P>,
): Safe {
  return `${grouped(count)} ${count === 1 ? what : (plural ?? `${what}s`)}` as Safe;
}
