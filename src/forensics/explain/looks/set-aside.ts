import { basename } from "node:path";
import { FileBytes } from "../../../io/file-bytes.js";
import { openStored } from "../../../recovery/directory/data-directory.js";
import { scanLog, scanSnapshot, type StoredFile } from "../../../recovery/index.js";
import { parseFileName } from "../../../storage/names.js";
import { say } from "../../../text/message.js";
import type { Sight } from "../seen.js";
import type { LookContext } from "./look.js";

/** Util.getZxidFromName of 3.6 and later: what follows the zxid does not matter. */
const READ_ALL_THE_SAME = /^(log|snapshot)\.([0-9a-f]{1,16})\..+$/;

/** Files that were set aside in their folder under another suffix, which servers from 3.6 on read all the same. */
export async function setAside({ directory }: LookContext): Promise<Sight[]> {
  const found: Sight[] = [];
  for (const { file, code } of directory.findings) {
    // One with a name of ZooKeeper's is no file set aside.
    if (file === undefined || code === "file.leftover" || parseFileName(basename(file)) !== null) continue;
    const name = READ_ALL_THE_SAME.exec(basename(file));
    if (name) found.push(await lookAt(file, name[1] as "log" | "snapshot", BigInt(`0x${name[2]}`)));
  }
  return found;
}

async function lookAt(path: string, kind: "log" | "snapshot", zxid: bigint): Promise<Sight> {
  const bytes = new FileBytes({ path });
  const file: StoredFile = { kind, name: basename(path), path, bytes, zxid, size: 0, open: () => openStored(bytes) };
  const scan = kind === "log" ? await scanLog(file) : await scanSnapshot(file);
  const [damage] = scan.findings.filter(({ severity }) => severity !== "note");
  const place = damage?.offset === undefined ? {} : { offset: damage.offset };
  const what = damage ? say`${damage.code}: ${damage.message}` : say`it is a sound ${kind}`;
  return {
    severity: damage ? "error" : "warning",
    file: path,
    ...place,
    ...(damage?.zxid === undefined ? {} : { zxid: damage.zxid }),
    message: say`set aside in its folder, where servers from 3.6 on read it all the same; ${what}`,
  };
}
