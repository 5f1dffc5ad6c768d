/** A path; of one that is not UTF-8 what it looks like, and its bytes. */
export interface PathShape {
  path: string;
  pathBase64?: string;
}

export function pathShape(path: string, bytes: Buffer): PathShape {
  return Buffer.from(path).equals(bytes) ? { path } : { path, pathBase64: bytes.toString("base64") };
}
