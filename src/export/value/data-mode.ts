import { isText } from "./utf8.js";

/** Every way to write a znode's data. */
export const DATA_MODES = ["auto", "base64", "utf8", "hex", "none"] as const;

/**
 * How a znode's data is written: `auto` as text where it is valid UTF-8 and printable, else in base64; `utf8` as text
 * wherever it is valid UTF-8; `none` leaves it out. What was chosen is in "encoding", beside each value.
 */
export type DataMode = (typeof DATA_MODES)[number];

/** How a value came to be a string. */
export type Encoding = "utf8" | "base64" | "hex";

/** Whether a value can be written as text in this mode, and what text must be like for it. */
export function textRule(mode: DataMode): { printable: boolean } | null {
  return mode === "auto" ? { printable: true } : mode === "utf8" ? { printable: false } : null;
}

/**
 * A value as an object's fields: none with `none`, no encoding for null.
 *
 * @example
 * import { dataFields } from "zkrewind/export";
 *
 * console.log(dataFields("auto", Buffer.from("text")), dataFields("auto", Buffer.of(0xff)), dataFields("none", null));
 */
export function dataFields(mode: DataMode, data: Buffer | null): { data?: string | null; encoding?: Encoding } {
  if (mode === "none") return {};
  if (data === null) return { data };
  const rule = textRule(mode);
  const asText = rule !== null && isText(data, 0, data.length, rule.printable);
  const encoding = asText ? "utf8" : mode === "hex" ? "hex" : "base64";
  return { data: data.toString(encoding), encoding };
}
