import { type Acl, permissionLetters } from "../../storage/acl.js";

/** An entry of an ACL. */
export interface AclEntryShape {
  /** Letters, in the order `cdrwa`. */
  perms: string;
  scheme: string | null;
  id: string | null;
}

/** An ACL's entries. */
export function aclShape(entries: readonly Acl[]): AclEntryShape[] {
  return entries.map(({ perms, scheme, id }) => ({ perms: permissionLetters(perms), scheme, id }));
}
