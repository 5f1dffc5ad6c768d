import { type Acl, permissionLetters } from "../../storage/acl.js";
import type { UndoStep } from "./undo.js";
import { safe, type Safe } from "../../text/safe.js";
import { isPlain } from "../../text/unsafe.js";

/**
 * The commands of zkCli (3.5 and later) that do a step; null where it has none for it. It reads a line at a time, splits
 * it at blanks, takes quotes but no escapes, and its line editor expands "!".
 */
export function zkCliCommands(step: UndoStep): Safe[] | null {
  const path = word(Buffer.compare(Buffer.from(step.path), step.pathBytes) === 0 ? step.path : null);
  if (path === null) return null;
  switch (step.op) {
    case "delete":
      return [safe`delete -v ${step.version} ${path}`];
    case "setData":
      return one(
        step.data === null ? null : textWord(step.data),
        (data) => safe`set -v ${step.version} ${path} ${data}`,
      );
    case "setACL":
      return step.possible ? one(aclWord(step.acl), (acl) => safe`setAcl -v ${step.version} ${path} ${acl}`) : null;
    default:
      return step.possible ? createCommands(step, path) : null;
  }
}

function createCommands(step: UndoStep & { op: "create" }, path: Safe): Safe[] | null {
  const flags = step.kind === "container" ? "-c " : step.kind === "ttl" ? safe`-t ${step.ttl ?? 0} ` : "";
  const acl = aclWord(step.acl);
  if (acl === null) return null;
  const open = acl === "world:anyone:cdrwa";
  if (step.data === null) {
    // The ACL comes after the data, so a znode without data gets it in a second step.
    return [safe`create ${flags}${path}`, ...(open ? [] : [safe`setAcl -v 0 ${path} ${acl}`])];
  }
  return one(textWord(step.data), (data) => safe`create ${flags}${path} ${data}${open ? "" : safe` ${acl}`}`);
}

function one(argument: Safe | null, command: (argument: Safe) => Safe): Safe[] | null {
  return argument === null ? null : [command(argument)];
}

function textWord(data: Buffer): Safe | null {
  const text = data.toString("utf8");
  return Buffer.compare(Buffer.from(text), data) === 0 ? word(text) : null;
}

/**
 * An argument, quoted where that is needed; null for what cannot be written as one, or not so that whoever reviews the
 * script sees what it does: with characters that are not seen, or turn the direction of writing.
 */
function word(text: string | null): Safe | null {
  if (text === null || text.includes("!") || text.startsWith("-") || !isPlain(text)) return null;
  if (/^[^\s"'][^\s]*$/.test(text)) return text as Safe;
  if (!text.includes('"')) return `"${text}"` as Safe;
  return text.includes("'") ? null : (`'${text}'` as Safe);
}

/** scheme:id:perms, separated by commas, which ids cannot have here. */
function aclWord(acl: readonly Acl[] | undefined): Safe | null {
  if (!acl || acl.length === 0) return null;
  const parts = acl.map(({ scheme, id, perms }) => {
    const unfit = scheme === null || id === null || /[:,]/.test(scheme) || id.includes(",") || (perms & ~31) !== 0;
    return unfit ? null : `${scheme}:${id}:${permissionLetters(perms)}`;
  });
  return parts.includes(null) ? null : word(parts.join(","));
}
