import { FINDINGS } from "../../findings/kinds.js";
import type { Finding } from "../../findings/finding.js";
import { hex } from "../../storage/zxid.js";
import type { Message } from "../../text/message.js";

/** A finding, with what findings of its kind mean, what servers do about them, and what to do next. */
export interface FindingShape {
  code: string;
  severity: string;
  message: Message;
  file?: string;
  /** Bytes from the beginning of the (uncompressed) file. */
  offset?: number;
  zxid?: string;
  path?: string;
  /** Of one that sums up others of its kind and file: how many, and what they span. */
  more?: object;
  meaning: string;
  server: string;
  next: string;
}

export function findingShape({ code, severity, message, file, offset, zxid, path, more }: Finding): FindingShape {
  const { meaning, server, next } = FINDINGS[code];
  return {
    code,
    severity,
    message,
    ...(file === undefined ? {} : { file }),
    ...(offset === undefined ? {} : { offset }),
    ...(zxid === undefined ? {} : { zxid: hex(zxid) }),
    ...(path === undefined ? {} : { path }),
    ...(more && { more: moreShape(more) }),
    meaning,
    server,
    next,
  };
}

function moreShape({ count, bytes, zxids }: NonNullable<Finding["more"]>): object {
  return {
    count,
    ...(bytes && { bytes }),
    ...(zxids && { zxids: { from: hex(zxids.from), to: hex(zxids.to) } }),
  };
}
