import { type Acl, permissionLetters } from "../../storage/acl.js";
import { joinSafe, type Safe, safe, words } from "../../text/safe.js";
import { visible } from "../output/text.js";

/** An ACL's entry as zkCli takes it: `scheme:id:perms`. */
export function aclEntryText({ scheme, id, perms }: Acl): Safe {
  const who = id === null ? words("null") : visible(id, "id");
  return safe`${scheme === null ? "null" : visible(scheme, "scheme")}:${who}:${permissionLetters(perms)}`;
}

/** All entries of an ACL. */
export function aclListText(acl: readonly Acl[]): Safe {
  return joinSafe(acl.map(aclEntryText), " ");
}
