import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

const SCHEMA = JSON.parse(readFileSync(new URL("../../docs/json.schema.json", import.meta.url), "utf8")) as {
  $id: string;
  $defs: Record<string, object>;
};

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
ajv.addSchema(SCHEMA);

/** The definitions that have been held against an output. */
export const seen = new Set<string>();

/** What is wrong with a JSON document; empty where the schema allows it. */
export function problemsOfDocument(text: string): string[] {
  const document = JSON.parse(text) as { type?: string };
  return problems(`${document.type}Document`, document);
}

/** What is wrong with NDJSON: each line, and that it has a header and an end that belong together. */
export function problemsOfLines(text: string): string[] {
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { type?: string; document?: string });
  const [header] = lines;
  const document = header?.document ?? "?";
  const found = lines.flatMap((line) => {
    const { type } = line;
    return problems(type === "header" ? `${document}Header` : type === "end" ? `${document}End` : `${type}`, line);
  });
  const types = lines.map(({ type }) => type);
  if (types.indexOf("header") !== 0 || types.lastIndexOf("header") !== 0) found.push("the header is not first");
  if (types.indexOf("end") !== types.length - 1) found.push("the end is not last");
  return [...new Set(found)];
}

function problems(name: string, value: unknown): string[] {
  if (!Object.hasOwn(SCHEMA.$defs, name)) return [`no definition ${name}`];
  seen.add(name);
  const validate = ajv.getSchema(`${SCHEMA.$id}#/$defs/${name}`) as ValidateFunction;
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${name}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** The definitions of documents, headers, ends and lines. */
export function definitions(): string[] {
  const { document, line } = SCHEMA.$defs as Record<"document" | "line", { oneOf?: Ref[]; anyOf?: Ref[] }>;
  return [...(document.oneOf ?? []), ...(line.anyOf ?? [])].map(({ $ref }) => $ref.slice("#/$defs/".length));
}

interface Ref {
  $ref: string;
}
