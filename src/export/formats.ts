import { csv } from "./csv/csv.js";
import type { Format } from "./format.js";
import { json, ndjson } from "./json/json.js";

/** The formats of exports, by the names that the command line has for them. */
export const FORMATS = { ndjson, json, csv } as const satisfies Record<string, Format>;

/** The name of a format. */
export type FormatName = keyof typeof FORMATS;

/** The names of all formats, as `--format` takes them. */
export const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[];
