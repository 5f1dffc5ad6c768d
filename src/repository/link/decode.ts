import { isServerName, parseFileObjectName, parseLinkName, parsePartName, parseSegmentName } from "../names.js";
import { MOST_OBJECT } from "../store/store.js";
import { Fields } from "./fields.js";
import {
  type FileObject,
  FORMAT,
  type Link,
  MOST_INFLATED,
  type Segment,
  type Snapshot,
  type StoredObject,
} from "./link.js";

/**
 * The link of an object's first line. All of it is held to its own name and to those of the objects in it.
 *
 * Throws InvalidDocument, and ZkRewindError 3 where it is of a newer format.
 */
export function decodeLink(name: string, line: Uint8Array): Link {
  const fields = Fields.ofDocument(name, line, "link", FORMAT);
  const link: Link = {
    server: fields.text("server"),
    writer: fields.hash("writer", 16),
    depth: fields.count("depth"),
    whole: fields.flag("whole"),
    time: fields.text("time"),
    previous: fields.isNull("previous") ? null : previousOf(fields.within("previous"), fields),
    cut: fields.isNull("cut") ? null : fields.zxid("cut"),
    segments: fields.list("segments").map(segmentOf),
    dropped: fields.list("dropped").map(segmentOf),
    snapshots: fields.list("snapshots").map(snapshotOf),
    files: fields.list("files").map(fileOf),
    replaces: fields.texts("replaces").filter((each) => parseSegmentName(each) !== null),
    tip: fields.isNull("tip") ? null : tipOf(fields.within("tip")),
    voters: fields.isNull("voters") ? null : fields.texts("voters"),
  };
  const own = parseLinkName(name);
  if (!own || !isServerName(link.server) || own.server !== link.server) throw fields.wrong("server");
  if (own.writer !== link.writer) throw fields.wrong("writer");
  if (own.depth !== link.depth) throw fields.wrong("depth");
  if (own.whole !== link.whole) throw fields.wrong("whole");
  return link;
}

/** The link right before it, of the same server: so no chain leads back to itself. */
function previousOf(fields: Fields, link: Fields): NonNullable<Link["previous"]> {
  const name = fields.text("name");
  const named = parseLinkName(name);
  if (named?.server !== link.text("server") || named.depth !== link.count("depth") - 1) throw fields.wrong("name");
  return { name, sha256: fields.hash("sha256", 64) };
}

function tipOf(fields: Fields): NonNullable<Link["tip"]> {
  return { zxid: fields.zxid("zxid"), time: fields.time("time") };
}

function storedOf(fields: Fields): StoredObject {
  const size = fields.count("size");
  if (size > MOST_OBJECT) throw fields.wrong("size");
  return { name: fields.text("name"), size, crc32c: fields.crc32c("crc32c") };
}

function segmentOf(fields: Fields): Segment {
  const object = storedOf(fields);
  const named = parseSegmentName(object.name);
  if (!named) throw fields.wrong("name");
  const after = fields.isNull("after") ? null : fields.zxid("after");
  if (after !== null && after >= named.first) throw fields.wrong("after");
  return { ...named, ...object, after, from: fields.time("from"), to: fields.time("to") };
}

function snapshotOf(fields: Fields): Snapshot {
  const kind = fields.text("kind");
  if (kind !== "snapshot" && kind !== "base") throw fields.wrong("kind");
  const snapshot: Snapshot = {
    kind,
    zxid: fields.zxid("zxid"),
    content: fields.hash("content", 32),
    bytes: fields.count("bytes"),
    parts: fields.list("parts").map(storedOf),
  };
  const { zxid, content, parts } = snapshot;
  for (const [index, { name }] of parts.entries()) {
    const part = parsePartName(name);
    const isRight = part && part.kind === kind && part.zxid === zxid && part.content === content;
    if (!isRight || part.index !== index || part.isLast !== (index === parts.length - 1)) throw fields.wrong("parts");
  }
  if (parts.length === 0) throw fields.wrong("parts");
  if (snapshot.bytes > parts.reduce((sum, { size }) => sum + size, 0) * MOST_INFLATED) throw fields.wrong("bytes");
  if (kind === "base" && fields.has("on")) {
    const on = fields.text("on");
    if (parseSegmentName(on)?.last !== zxid) throw fields.wrong("on");
    snapshot.on = on;
  }
  return snapshot;
}

function fileOf(fields: Fields): FileObject {
  const object = storedOf(fields);
  const named = parseFileObjectName(object.name);
  if (!named || named.file !== fields.text("file")) throw fields.wrong("name");
  return { ...named, ...object };
}
