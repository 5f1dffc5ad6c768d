import { type Acl, permissionLetters } from "../../storage/acl.js";
import { isMessage, type Message, say } from "../../text/message.js";
import { type Safe, safe, words } from "../../text/safe.js";
import { isPlain } from "../../text/unsafe.js";
import { limitsOf, ownerOfLimits } from "./quota-paths.js";
import type { UndoStep } from "./undo-step.js";

/**
 * The commands of zkCli (3.5 and later) that do a step; or why it has none for it. It reads a line at a time, splits it at
 * blanks, takes quotes but no escapes (ZooKeeperMain.MyCommandOptions.parseCommand), and its line editor expands "!" and
 * takes control characters for keys. What does not show as itself could be written, but not reviewed: it is refused too.
 */
export function zkCliCommands(step: UndoStep): Safe[] | Message {
  if ("possible" in step && !step.possible) return say`no client can do it`;
  const path = Buffer.from(step.path).equals(step.pathBytes) ? word(step.path) : say`it is not UTF-8`;
  if (isMessage(path)) return say`its path cannot be an argument: ${path}`;
  switch (step.op) {
    case "delete":
      return step.by
        ? ownerCommands(step, (owner) => [safe`delquota ${owner}`])
        : [safe`delete -v ${step.version} ${path}`];
    case "setData":
      return withData(step.data, (data) => [safe`set -v ${step.version} ${path} ${data}`]);
    case "setACL":
      return withAcl(step.acl, (acl) => [safe`setAcl -v ${step.version} ${path} ${acl}`]);
    default:
      return withAcl(step.acl, (acl) =>
        step.by ? setquotaCommands(step, path, acl) : createCommands(step, path, acl),
      );
  }
}

/**
 * The same in every release: one limit, which makes both znodes, and then the limits to the byte. 3.5 refuses to set a
 * second limit, and releases from 3.7 on write more of them than they are told.
 */
function setquotaCommands(step: UndoStep & { op: "create" }, path: Safe, acl: Safe): Safe[] | Message {
  const limits = limitsOf(step.data);
  const option =
    limits && limits.count > 0n
      ? safe`-n ${limits.count}`
      : limits && limits.bytes >= 0n
        ? safe`-b ${limits.bytes}`
        : words("-n 2147483647");
  return withData(step.data, (data) =>
    ownerCommands(step, (owner) => [
      safe`setquota ${option} ${owner}`,
      safe`set -v 0 ${path} ${data}`,
      ...(acl === OPEN ? [] : [safe`setAcl -v 0 ${path} ${acl}`]),
    ]),
  );
}

/** For the path that has a quota. */
function ownerCommands({ path }: UndoStep, commands: (owner: Safe) => Safe[]): Safe[] | Message {
  const owner = word(ownerOfLimits(path));
  return isMessage(owner) ? owner : commands(owner);
}

function createCommands({ kind, ttl, data }: UndoStep & { op: "create" }, path: Safe, acl: Safe): Safe[] | Message {
  const flags = kind === "container" ? "-c " : kind === "ttl" ? safe`-t ${ttl ?? 0} ` : "";
  const isOpen = acl === OPEN;
  // The ACL comes after the data, so a znode without data gets it in a second step.
  if (data === null) return [safe`create ${flags}${path}`, ...(isOpen ? [] : [safe`setAcl -v 0 ${path} ${acl}`])];
  return withData(data, (text) => [safe`create ${flags}${path} ${text}${isOpen ? "" : safe` ${acl}`}`]);
}

const OPEN = "world:anyone:cdrwa";

function withData(data: Buffer | null, commands: (data: Safe) => Safe[] | Message): Safe[] | Message {
  if (data === null) return say`null cannot be an argument`;
  const text = data.toString("utf8");
  const argument = Buffer.from(text).equals(data) ? word(text) : say`they are not UTF-8`;
  return isMessage(argument) ? say`its data cannot be an argument: ${argument}` : commands(argument);
}

function withAcl(acl: readonly Acl[] | undefined, commands: (acl: Safe) => Safe[] | Message): Safe[] | Message {
  const argument = acl && acl.length > 0 ? aclWord(acl) : say`it has no entries`;
  return isMessage(argument) ? say`its ACL cannot be an argument: ${argument}` : commands(argument);
}

/** An argument, quoted where that is needed; or why a text cannot be one. */
function word(text: string): Safe | Message {
  if (!isPlain(text)) return say`a character in it does not show as itself`;
  if (text.includes("!")) return say`"!" in it would be expanded`;
  if (text.startsWith("-")) return say`it begins like an option`;
  if (/^[^\s"'][^\s]*$/.test(text)) return text as Safe;
  if (!text.includes('"')) return `"${text}"` as Safe;
  return text.includes("'") ? say`it has both kinds of quotes` : (`'${text}'` as Safe);
}

/** scheme:id:perms, separated by commas, which ids cannot have here. */
function aclWord(acl: readonly Acl[]): Safe | Message {
  const parts: string[] = [];
  for (const { scheme, id, perms } of acl) {
    if (scheme === null || id === null) return say`null in an entry`;
    if (/[:,]/.test(scheme) || id.includes(",")) return say`a comma or colon in an entry`;
    if ((perms & ~31) !== 0) return say`permissions that have no letter`;
    parts.push(`${scheme}:${id}:${permissionLetters(perms)}`);
  }
  return word(parts.join(","));
}
