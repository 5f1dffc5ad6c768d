/** The version of all JSON that is written: docs/json.md. */
export const SCHEMA = 1;
