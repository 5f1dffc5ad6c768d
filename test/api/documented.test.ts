import { expect, test } from "vitest";
import { publicNames } from "./public-names.js";

const names = publicNames();

/** The two classes that most need: each method is shown by itself. */
const BY_METHOD = ["Directory", "TreeState"];

test("each public name is said to be what it is", () => {
  expect(names.length).toBeGreaterThan(300);
  expect(names.filter(({ comment }) => comment === "").map(({ file, name }) => `${file} ${name}`)).toEqual([]);
});

test("each public function, and each class that a user makes, has an example", () => {
  const called = names.filter(({ kind, isType }) => kind === "function" || (kind === "class" && !isType));
  expect(called.length).toBeGreaterThan(100);
  expect(
    called.filter(({ comment }) => !comment.includes("@example")).map(({ file, name }) => `${file} ${name}`),
  ).toEqual([]);
});

test.each(BY_METHOD)("each method of %s is called in an example of the class", (name) => {
  const { comment, text } = names.find((each) => each.name === name) as (typeof names)[number];
  const body = text.slice(0, text.indexOf("\n}\n"));
  const examples = [comment, ...(body.match(/\/\*\*(?:[^*]|\*(?!\/))*\*\//g) ?? [])]
    .filter((each) => each.includes("@example"))
    .join("\n");
  const methods = [...body.matchAll(/^ {2}(?:async )?\*?([a-z]\w*)\(/gm)].map(([, method]) => method as string);
  expect(methods.length).toBeGreaterThan(4);
  for (const method of methods.filter((each) => each !== "constructor"))
    expect(examples, `${name}.${method}`).toMatch(new RegExp(`\\.${method}\\(`));
});
