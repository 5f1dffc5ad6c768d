import { expect, test } from "vitest";
import {
  type NextStepCause,
  recommended,
  type StepContext,
  stepsFor,
} from "../../../src/forensics/explain/next-steps.js";
import { plain } from "../../../src/text/message.js";

const context: StepContext = { source: "SOURCE" };

test("a restore goes to the latest state where that is exact, else to the newest that is, else to the newest", () => {
  const run = (more: Partial<StepContext>): (string | undefined)[] =>
    recommended(["restore"], { ...context, ...more }).map(({ run }) => run && plain(run));
  expect(run({})).toEqual(["zkrewind restore SOURCE -o DIR"]);
  expect(run({ exact: 5n, isLatest: true, isCovered: true })).toEqual(["zkrewind restore SOURCE -o DIR"]);
  expect(run({ exact: 5n, isLatest: false, isCovered: true })).toEqual([
    "zkrewind restore SOURCE -o DIR --newest-exact",
  ]);
  expect(run({ exact: null, isLatest: false, isCovered: true })).toEqual(["zkrewind restore SOURCE -o DIR --inexact"]);
  expect(run({ exact: null, isLatest: true, isCovered: false })).toEqual([]);
});

test("what cures what was found comes in place of what is recommended in general", () => {
  const says = (causes: readonly NextStepCause[]): string[] =>
    stepsFor(["verify"], causes, { ...context, file: "/data/version-2/log.5" }).map(({ run, say }) =>
      plain(run ?? say),
    );
  expect(says([])).toEqual(["zkrewind verify SOURCE"]);
  expect(says([{ kind: "replay.session" }])).toEqual(["zkrewind verify SOURCE"]);
  expect(says([{ kind: "file.empty", file: "/data/version-2/snapshot.5" }])).toEqual(["zkrewind verify SOURCE"]);
  expect(says([{ kind: "file.empty", file: "/data/version-2/log.5" }])).toEqual([
    "move /data/version-2/log.5 out of the folder: it holds nothing, and some servers do not start on it",
  ]);
  const both = says([{ kind: "log.crc" }, { kind: "snapshot.seal" }]);
  expect(both).toContain("zkrewind salvage SOURCE -o DIR");
  expect(both.filter((each) => each === "zkrewind restore SOURCE -o DIR")).toHaveLength(1);
});

test("a limit is raised above the longest record", () => {
  expect(recommended(["max-buffer"], { ...context, longest: 2_117_938 }).map(({ say }) => plain(say))[0]).toContain(
    "-Djute.maxbuffer=2118962",
  );
});
