/**
 * Which znode is meant: its path, or, of one that is not UTF-8, `base64:` and its bytes. So it stands in the address, and so
 * the server is asked.
 */

const AS_BYTES = "base64:";

export function idOf({ path, pathBase64 }: { path: string; pathBase64?: string | undefined }): string {
  return pathBase64 === undefined ? path : AS_BYTES + pathBase64;
}

/** Whether a command line can name it. */
export function isText(id: string): boolean {
  return !id.startsWith(AS_BYTES);
}

/** What it looks like. */
export function pathOf(id: string): string {
  return isText(id) ? id : new TextDecoder().decode(bytesOf(id));
}

export function parentOf(id: string): string {
  if (isText(id)) return id.slice(0, id.lastIndexOf("/")) || "/";
  const bytes = bytesOf(id);
  return ofBytes(bytes.subarray(0, Math.max(bytes.lastIndexOf(SLASH), 1)));
}

/** The znodes above it, the root first. */
export function above(id: string): string[] {
  const list: string[] = [];
  for (let each = id; each !== "/"; ) list.unshift((each = parentOf(each)));
  return list;
}

/** A child that is named. */
export function childOf(id: string, name: string): string {
  if (isText(id)) return id === "/" ? `/${name}` : `${id}/${name}`;
  return ofBytes(Uint8Array.from([...bytesOf(id), SLASH, ...new TextEncoder().encode(name)]));
}

const SLASH = 0x2f;

function bytesOf(id: string): Uint8Array {
  return Uint8Array.from(atob(id.slice(AS_BYTES.length)), (each) => each.charCodeAt(0));
}

function ofBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return AS_BYTES + btoa(Array.from(bytes, (each) => String.fromCharCode(each)).join(""));
  }
}
