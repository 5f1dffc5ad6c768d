import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.js";
import { define } from "../../src/cli/program.js";
import { fixtureDir } from "../fixtures/index.js";
import { zkrewind } from "./run.js";

const SOURCE = fixtureDir("3.8.6-standalone");

/** Every command's options, by their long names. */
const commands = await Promise.all(COMMANDS.map((entry) => define(new Command(entry.name), entry)));
const optionsOf = (command: Command): string[] =>
  command.options.filter(({ hidden }) => !hidden).map(({ long }) => long ?? "");

/** What each command works on and gives. A new one is classified here, and has the options of all that are like it. */
const ROLES: Readonly<Record<string, readonly string[]>> = {
  info: ["sources", "prints", "table"],
  verify: ["sources", "prints", "verdict", "server"],
  restore: ["sources", "writes", "state", "rebuilds", "server", "part"],
  build: ["writes", "server"],
  convert: ["writes", "server"],
  retention: ["server-directory", "prints"],
  log: ["sources", "prints", "range", "lists", "reverses", "table", "values"],
  ls: ["sources", "prints", "state", "rebuilds", "lists", "sorts", "reverses", "table"],
  tree: ["sources", "prints", "state", "rebuilds"],
  cat: ["sources", "prints", "state", "rebuilds", "values"],
  stat: ["sources", "prints", "state", "rebuilds"],
  export: ["sources", "prints", "state", "rebuilds", "range", "lists", "part", "values"],
  history: ["sources", "prints", "range", "lists", "reverses", "values"],
  session: ["sources", "prints", "range"],
  sessions: ["sources", "prints", "state", "rebuilds", "lists", "sorts", "reverses", "table"],
  diff: ["sources", "prints", "states", "rebuilds", "lists", "part", "values", "verdict"],
  find: ["sources", "prints", "state", "rebuilds", "lists", "sorts", "reverses", "verdict"],
  du: ["sources", "prints", "state", "rebuilds", "range", "lists", "sorts", "table"],
  undo: ["sources", "prints", "states", "rebuilds", "part"],
  compare: ["reads", "prints", "state", "lists", "table", "verdict"],
  salvage: ["sources", "writes", "server"],
  explain: ["sources", "prints"],
  explore: ["sources"],
  report: ["sources", "files", "range", "point", "redacts", "values"],
  bundle: ["sources", "files"],
  shell: ["sources", "state", "rebuilds"],
  // Its commands have their own.
  backup: [],
  completion: [],
};

const OPTIONS_OF: Readonly<Record<string, readonly string[]>> = {
  reads: ["--scratch"],
  "server-directory": ["--log-dir", "--scratch"],
  sources: ["--log-dir", "--node", "--scratch"],
  prints: ["--json", "--format", "--output", "--strict", "--redact"],
  writes: ["--json", "--format", "--output", "--strict"],
  files: ["--output", "--strict"],
  redacts: ["--redact"],
  point: ["--at"],
  state: ["--at", "--before", "--tz"],
  states: ["--from", "--to", "--before", "--txn", "--tz"],
  rebuilds: ["--inexact", "--newest-exact"],
  range: ["--from", "--to", "--before", "--tz"],
  lists: ["--limit"],
  sorts: ["--sort"],
  reverses: ["--reverse"],
  table: ["--wide"],
  part: ["--include", "--exclude"],
  values: ["--data"],
  verdict: ["--quiet"],
  server: ["--release"],
};

describe("the words of the command line", () => {
  test("every command has the options of what it works on and gives, and no other of these", () => {
    expect(Object.keys(ROLES).sort()).toEqual(COMMANDS.map(({ name }) => name).sort());
    const words = new Set(Object.values(OPTIONS_OF).flat());
    const has: Record<string, string[]> = {};
    const should: Record<string, string[]> = {};
    for (const command of commands) {
      has[command.name()] = optionsOf(command)
        .filter((option) => words.has(option))
        .sort();
      const roles = ROLES[command.name()] ?? [];
      should[command.name()] = [...new Set(roles.flatMap((role) => OPTIONS_OF[role] ?? []))].sort();
    }
    expect(has).toEqual(should);
  });

  test.each(["--start", "--end", "--top", "--layout", "--out", "--since", "--until", "--zone"])(
    "%s is said in another way",
    (word) => {
      for (const command of commands) expect(optionsOf(command), command.name()).not.toContain(word);
    },
  );

  test("an option that several commands have takes the same value and has the same short form in all", () => {
    const seen = new Map<string, string>();
    for (const command of commands) {
      for (const { long, short, flags } of command.options.filter(({ hidden }) => !hidden)) {
        const form = `${short ?? ""} ${/[<[].*/.exec(flags)?.[0].replace(/<(file|dir)>/, "<path>") ?? ""}`;
        const before = seen.get(long ?? "") ?? form;
        // Only `log` and `history` show values in part, and take --data alone for all of them; ls has the R of every ls.
        if (!["--data", "--recursive"].includes(long ?? ""))
          expect([command.name(), long, form]).toEqual([command.name(), long, before]);
        seen.set(long ?? "", form);
      }
    }
  });

  test("what has a point or a range takes a zone; what has JSON has it for short; what counts does so with -n", () => {
    for (const command of commands) {
      const options = optionsOf(command);
      const takesPoints = ["--at", "--from", "--before"].some((each) => options.includes(each));
      expect([command.name(), options.includes("--tz")]).toEqual([command.name(), takesPoints]);
      const format = command.options.find(({ long }) => long === "--format");
      expect([command.name(), options.includes("--json")]).toEqual([
        command.name(),
        format?.argChoices?.includes("json") ?? false,
      ]);
      const limit = command.options.find(({ long }) => long === "--limit");
      if (limit) expect(limit.short).toBe("-n");
    }
  });

  test("what goes together is there together", () => {
    for (const command of commands) {
      const options = optionsOf(command);
      expect([command.name(), options.includes("--newest-exact")]).toEqual([
        command.name(),
        options.includes("--inexact"),
      ]);
      if (options.includes("--node")) expect(options, command.name()).toContain("--log-dir");
    }
  });

  test("--to and --before are both upper ends, and only one of them is given", () => {
    for (const command of commands) {
      const options = optionsOf(command);
      if (options.includes("--from"))
        expect([command.name(), ...options]).toEqual(expect.arrayContaining(["--to", "--before"]));
    }
    for (const [name, ...args] of [
      ["log"],
      ["history", "/counters"],
      ["diff", "--from", "0x1"],
      ["undo", "--from", "0x1"],
      ["du", "--from", "0x1"],
      ["export", "--txns"],
      ["session", "0x10000337d0c0015"],
    ])
      expect(zkrewind([name as string, SOURCE, ...args, "--to", "0x10", "--before", "0x10"]).code, name).toBe(2);
  });

  test("--json is --format json, and contradicts any other", () => {
    const json = zkrewind(["stat", SOURCE, "/counters", "--json"]).stdout;
    expect(json).toBe(zkrewind(["stat", SOURCE, "/counters", "--format", "json"]).stdout);
    expect(JSON.parse(json)).toMatchObject({ path: "/counters" });
    for (const args of [
      ["--json", "--format", "text"],
      ["--format", "text", "--json"],
    ])
      expect(zkrewind(["stat", SOURCE, "/counters", ...args]).code).toBe(2);
  });

  test("a range's ends are told, with what they resolved to", () => {
    const { stderr } = zkrewind(["log", SOURCE, "--from", "2026-11-23T01:34:49Z", "--to", "0xf01", "-n", "1"]);
    expect(stderr).toBe(
      "from 0xef9 (epoch 0, counter 3833, 2026-11-23T01:34:49.913Z) to 0xf01 (epoch 0, counter 3841, 2026-11-23T01:34:49.937Z)\n",
    );
  });
});
