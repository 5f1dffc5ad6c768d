import { CannotDecrypt } from "../crypt/decrypt.js";
import { ZkRewindError } from "../../findings/finding.js";
import { type Message, say, tag } from "../../text/message.js";

/** An object that is not what its name, or the link that names it, says: it counts as missing. */
export class DamagedObject extends ZkRewindError {
  override name = "DamagedObject";
  readonly object: string;
  /** Without the object's name. */
  readonly reason: Message;

  constructor(object: string, reason: Message) {
    super(say`${tag.file(object)}: ${reason}`, { exitCode: 1 });
    this.object = object;
    this.reason = reason;
  }
}

/** Why an object could not be had, for a line that names it already. */
export function reasonOf(error: ZkRewindError): Message {
  return error instanceof DamagedObject || error instanceof CannotDecrypt ? error.reason : error.said.message;
}
