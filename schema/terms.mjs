// Short words for JSON Schema, and what its values are.

export const string = { type: "string" };
export const strings = arrayOf(string);
export const boolean = { type: "boolean" };
export const integer = { type: "integer" };
/** A count, a size, an offset: never below 0. */
export const count = { type: "integer", minimum: 0 };
export const constant = (value) => ({ const: value });
export const oneOf = (...values) => ({ enum: values });

/** A definition by its name. */
export const ref = (name) => ({ $ref: `#/$defs/${name}` });

export const zxid = ref("zxid");
export const time = ref("time");
export const path = ref("path");
export const base64 = ref("base64");

export function arrayOf(items) {
  return { type: "array", items };
}

export function orNull(value) {
  return { anyOf: [value, { type: "null" }] };
}

/** An object with these fields, and no others: `optional` may be left out. */
export function object(fields, optional = {}) {
  const required = Object.keys(fields);
  return {
    type: "object",
    properties: { ...fields, ...optional },
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

/** An object whose keys are data, such as the names of operations. */
export function mapOf(values) {
  return { type: "object", additionalProperties: values };
}

/** A definition with what it means. */
export function define(description, schema) {
  return { description, ...schema };
}
