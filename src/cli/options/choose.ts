import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { ZkRewindError } from "../../findings/finding.js";
import { asUnreadable } from "../../io/unreadable-file.js";
import { type DataDirectory, LATEST, type PointRequest, type RestorePlan } from "../../recovery/index.js";
import { refuseGraftOf } from "../../recovery/restore/graft.js";
import { refuseRenaming } from "../../recovery/restore/rename.js";
import { say, tag } from "../../text/message.js";
import { openRebuilt, openSource, parsePath } from "../source.js";
import { collect, type FallbackOptions, type SourceOptions } from "./options.js";
import { splitPair, splitPoint } from "./split.js";

/** What is to be in the tree that is not there at its point, or is there otherwise. */
export interface ChooseOptions {
  graft?: string[];
  graftFrom?: string;
  merge?: boolean;
  rename?: string[];
  set?: string[];
  resetAcl?: (string | true)[];
  mapAcl?: string[];
}

export function addChoose(command: Command): Command {
  return command
    .option("--graft <path@point>", "bring in a subtree as it was at another point; may be repeated", collect)
    .option("--graft-from <source>", "take grafts from this source")
    .option("--merge", "merge grafts with what is there instead of replacing it")
    .option("--rename <from=to>", "give a subtree another path; may be repeated", collect)
    .option("--set <path file...>", "set a znode's data from a file; may be repeated")
    .option(
      "--reset-acl [path]",
      "set the ACLs of a znode and all below it to world:anyone:cdrwa (default: of all znodes)",
      collectOptional,
    )
    .option("--map-acl <from=to>", "replace an identity, SCHEME:ID, in ACLs by another; may be repeated", collect);
}

type Chosen = Pick<RestorePlan, "grafts" | "renamings" | "values" | "resetAcls" | "mapAcls">;

/** Reads the options and the files that they name, before any work. Throws ZkRewindError 2 or 3 where they are wrong. */
export async function chooseOf(
  options: ChooseOptions & FallbackOptions & SourceOptions & { tz?: string },
  directory: DataDirectory,
): Promise<Chosen> {
  const renamings = (options.rename ?? []).map((text) => {
    const { from, to } = pairOf("--rename", text);
    const renaming = { from: parsePath(from), to: parsePath(to) };
    refuseRenaming(renaming);
    return renaming;
  });
  return {
    grafts: await graftsOf(options, directory),
    renamings,
    values: valuesOf(options.set ?? []),
    resetAcls: (options.resetAcl ?? []).map((path) => (path === true ? "/" : parsePath(path))),
    mapAcls: (options.mapAcl ?? []).map(mappingOf),
  };
}

async function graftsOf(
  options: ChooseOptions & FallbackOptions & SourceOptions & { tz?: string },
  directory: DataDirectory,
): Promise<RestorePlan["grafts"]> {
  const { graft = [], graftFrom, merge = false, tz } = options;
  if (graft.length === 0 && (graftFrom !== undefined || merge))
    throw new ZkRewindError(say`there is nothing to graft: name it with --graft PATH@POINT`, { exitCode: 2 });
  const from = graftFrom === undefined || graft.length === 0 ? directory : await openSource([graftFrom], {});
  const byPoint = new Map<string, { request: PointRequest; grafts: { path: string; merge: boolean }[] }>();
  for (const text of graft) {
    const { path: written, point } = splitPoint(text, tz);
    const path = parsePath(written);
    refuseGraftOf(path);
    if (point === null && graftFrom === undefined)
      throw new ZkRewindError(say`--graft ${tag.path(text)} names no point`, {
        exitCode: 2,
        hint: say`PATH@POINT, such as ${tag.path(`${path}@-2h`)} or ${tag.path(`${path}@0x5c1`)}.`,
      });
    const request = point === null ? LATEST : { point, inclusive: true };
    const key = JSON.stringify(point, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
    const group = byPoint.get(key) ?? { request, grafts: [] };
    group.grafts.push({ path, merge });
    byPoint.set(key, group);
  }
  return [...byPoint.values()].map(({ request, grafts }) => ({
    directory: from,
    open: () => openRebuilt(from, options, request, 0, "graft"),
    grafts,
  }));
}

function valuesOf(list: readonly string[]): RestorePlan["values"] {
  if (list.length % 2 !== 0)
    throw new ZkRewindError(say`--set takes a znode's path and a file`, {
      exitCode: 2,
      hint: say`Name the sources before --set, which takes all arguments after it.`,
    });
  const values: { path: string; data: Buffer }[] = [];
  for (let at = 0; at < list.length; at += 2) {
    const [path, file] = [list[at] as string, list[at + 1] as string];
    values.push({ path: parsePath(path), data: contentOf(file) });
  }
  return values;
}

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw asUnreadable(file, error);
  }
}

function mappingOf(text: string): RestorePlan["mapAcls"][number] {
  const { from, to } = pairOf("--map-acl", text);
  return { from: identityOf(from), to: identityOf(to) };
}

/** `digest:user:hash`: the scheme ends at the first colon. */
function identityOf(text: string): { scheme: string; id: string } {
  const at = text.indexOf(":");
  if (at > 0) return { scheme: text.slice(0, at), id: text.slice(at + 1) };
  throw new ZkRewindError(say`not an identity of an ACL: ${tag.line(text)}`, {
    exitCode: 2,
    hint: say`--map-acl SCHEME:ID=SCHEME:ID, such as digest:app:HASH=sasl:app; a backslash before each = that belongs to the first ID.`,
  });
}

function pairOf(option: "--rename" | "--map-acl", text: string): { from: string; to: string } {
  const pair = splitPair(text);
  if (pair) return pair;
  throw new ZkRewindError(say`${option} ${tag.line(text)}: there is no = between from and to`, { exitCode: 2 });
}

function collectOptional(value: string | true, before: (string | true)[] | undefined): (string | true)[] {
  return [...(before ?? []), value];
}
