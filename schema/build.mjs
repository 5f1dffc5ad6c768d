// Writes docs/json.schema.json from the definitions beside this: a JSON Schema of every document and line of schema 1.
//   node schema/build.mjs           writes it
//   node schema/build.mjs --check   exits 1 if it is not what the definitions say
import { readFileSync, writeFileSync } from "node:fs";
import { documents, parts } from "./documents.mjs";
import { lines, shapes, values } from "./shapes.mjs";
import { arrayOf, constant, count, define, object, ref } from "./terms.mjs";

const target = new URL("../docs/json.schema.json", import.meta.url);
const text = written(schema());
if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (readFileSync(target, "utf8") !== text) {
  console.error("docs/json.schema.json is not what schema/ says: run npm run schema");
  process.exitCode = 1;
}

function schema() {
  const made = Object.entries(documents).map(([type, document]) => definitionsOf(type, document));
  const defs = {
    ...values,
    ...shapes,
    ...parts,
    ...lines,
    ...Object.assign({}, ...made),
    document: define("A JSON document.", { oneOf: Object.keys(documents).map((type) => ref(`${type}Document`)) }),
  };
  const isEdge = (name) => /(?:Header|End)$/.test(name);
  const all = [...Object.keys(defs).filter(isEdge), ...Object.keys(lines)];
  defs.line = define("A line of NDJSON.", { anyOf: all.map(ref) });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "urn:zkrewind:schema:1",
    title: "zkrewind's JSON, schema 1",
    description: "A JSON document or a line of NDJSON. json.md beside this says how they belong together.",
    anyOf: [ref("document"), ref("line")],
    $defs: defs,
  };
}

/** A document as JSON, and its header and end as NDJSON. */
function definitionsOf(type, { about, fields, optional = {}, shared, lists, counts, mayLackCounts = false }) {
  const head = { schema: constant(1), ...fields };
  if (!lists) return { [`${type}Document`]: define(about, object({ type: constant(type), ...head }, optional)) };
  const counted = object(Object.fromEntries(counts.map((name) => [name, count])));
  const listed = Object.fromEntries(Object.entries(lists).map(([name, item]) => [name, arrayOf(item)]));
  const whole = { type: constant(type), ...head, ...shared?.fields, ...listed };
  const rest = { ...optional, ...shared?.optional };
  return {
    [`${type}Document`]: define(
      about,
      mayLackCounts ? object(whole, { ...rest, counts: counted }) : object({ ...whole, counts: counted }, rest),
    ),
    [`${type}Header`]: define(
      `The first line of the same as NDJSON.`,
      object({ type: constant("header"), document: constant(type), ...head }, optional),
    ),
    [`${type}End`]: define(
      `Its last line: without it, it is not whole.`,
      object({ type: constant("end"), ...counted.properties }),
    ),
  };
}

/** A definition a line: the file is for programs, and still shows what a change changed. */
function written({ $defs, ...rest }) {
  const line = ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`;
  const defs = Object.entries($defs).map((each) => `    ${line(each)}`);
  const head = Object.entries(rest).map((each) => `  ${line(each)}`);
  return `{\n${[...head, `  "$defs": {\n${defs.join(",\n")}\n  }`].join(",\n")}\n}\n`;
}
