import { FolderStore } from "./folder.js";
import { S3Store } from "./s3.js";
import { isS3 } from "./s3-location.js";
import type { ObjectStore } from "./store.js";

/** The store at a folder's path or an s3:// name. Nothing is asked of it yet. Throws ZkRewindError 2 for a wrong name. */
export function openStore(location: string): ObjectStore {
  return isS3(location) ? new S3Store(location) : new FolderStore(location);
}
