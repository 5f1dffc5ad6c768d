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

/** Safe text made of such: safe`at ${hex(zxid)}`. */
export function safe<V extends readonly (string | number | bigint)[]>(
  strings: TemplateStringsArray,
  ...values: V & { readonly [K in keyof V]: V[K] extends string ? Literal<V[K]> : V[K] }
): Safe {
  return String.raw({ raw: strings }, ...values) as Safe;
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
