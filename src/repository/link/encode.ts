import { isoTime } from "../../recovery/index.js";
import { hex } from "../../storage/zxid.js";
import { FORMAT, type Link, type Segment, type StoredObject } from "./link.js";

/** A link as its line of JSON, without a line feed. */
export function encodeLink(link: Link): Buffer {
  const { server, writer, depth, whole, time, previous, cut, tip, voters, replaces } = link;
  return Buffer.from(
    JSON.stringify({
      type: "link",
      format: FORMAT,
      server,
      writer,
      depth,
      whole,
      time,
      previous,
      cut: cut === null ? null : hex(cut),
      segments: link.segments.map(segment),
      dropped: link.dropped.map(segment),
      snapshots: link.snapshots.map(({ kind, zxid, content, bytes, parts, on }) => ({
        kind,
        zxid: hex(zxid),
        content,
        bytes,
        parts: parts.map(stored),
        ...(on === undefined ? {} : { on }),
      })),
      files: link.files.map((each) => ({ file: each.file, ...stored(each) })),
      replaces,
      tip: tip && { zxid: hex(tip.zxid), time: isoTime(tip.time) },
      voters,
    }),
  );
}

function segment({ after, from, to, ...object }: Segment): object {
  return { ...stored(object), after: after === null ? null : hex(after), from: isoTime(from), to: isoTime(to) };
}

function stored({ name, size, crc32c }: StoredObject): { name: string; size: number; crc32c: string } {
  return { name, size, crc32c: crc32c.toString(16).padStart(8, "0") };
}
