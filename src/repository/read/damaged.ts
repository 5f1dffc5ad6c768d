import { ZkRewindError } from "../../findings/finding.js";
import { type Message, say, tag } from "../../text/message.js";

/** An object that is not what its name, or the link that names it, says: it counts as missing. */
export class DamagedObject extends ZkRewindError {
  override name = "DamagedObject";
  readonly object: string;

  constructor(object: string, why: Message) {
    super(say`${tag.file(object)}: ${why}`, { exitCode: 1 });
    this.object = object;
  }
}
