import { FileSource } from "./file-source.js";
import { readPart, statusAt, statusOf, withRegular } from "./regular-file.js";
import { UnreadableFile } from "./unreadable-file.js";
import { type Place, sizeWithin, type StoredBytes } from "./stored-bytes.js";

/** A regular file, or a part of one. */
export class FileBytes implements StoredBytes {
  readonly place: Place;
  readonly id: string;
  readonly size: number;

  /** Nothing is opened: what is not known of the file (`place.status`) stays unknown. */
  constructor(place: Place) {
    this.place = place;
    this.id = place.id ?? place.path;
    this.size = sizeWithin(place, place.status?.size ?? 0);
  }

  readAt(offset: number, length: number): Buffer {
    const { path, part, why } = this.place;
    if (why) throw new UnreadableFile(this.id, why);
    const from = part?.from ?? 0;
    const wanted = Math.min(length, this.size - offset);
    return withRegular(path, (file) => readPart(this.id, file, from + offset, wanted), this.id);
  }

  open(): FileSource {
    return new FileSource(this.place);
  }

  change(): "none" | "longer" | "other" {
    const { path, part, status } = this.place;
    if (!status) return "none";
    const now = statusOf(path);
    if (now === null) return "other";
    if (now.size === status.size && now.modified === status.modified) return "none";
    return now.size >= status.size && !part ? "longer" : "other";
  }
}

/** A regular file as it is now. Throws UnreadableFile. */
export function fileBytes(path: string): FileBytes {
  const { size, modified } = statusAt(path);
  return new FileBytes({ path, status: { size, modified } });
}
