/**
 * How much a finding matters: an `error` is damage that loses or falsifies something, a `warning` is damage at a place
 * where it may be harmless (the tail of the last log), a `note` is worth knowing and no damage.
 */
export type Severity = "error" | "warning" | "note";
