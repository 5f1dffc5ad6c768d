import type { Origin } from "./answer.js";

/** Frames of a stack that show what was read: the innermost that shows either counts. */
const FILE_FRAME = /\bserver\.persistence\./;
const CONNECTION_FRAME =
  /\bquorum\.(?:Learner|LearnerHandler|Follower|Observer|ObserverMaster|Leader|QuorumPacket|QuorumCnxManager)\b|\bserver\.(?:NIO|Netty)?ServerCnxn|\bjava\.net\.|\bsun\.nio\.ch\.Socket/;

export function originOfFrame(frame: string): Origin | null {
  if (FILE_FRAME.test(frame)) return "files";
  return CONNECTION_FRAME.test(frame) ? "connection" : null;
}

/** Words of a message that show it where there is no stack. */
const CONNECTION_WORDS =
  /following the leader|observing the leader|LearnerHandler|learner|follower|Connection|connecting|channel|client|socket|Cnxn|session 0x/i;
const FILE_WORDS = /snap file|snapshot|FileSnap|FileTxnLog|txn ?log|load(?:ing)? database|exiting abnormally/i;

export function originOfWords(text: string): Origin | null {
  if (CONNECTION_WORDS.test(text)) return "connection";
  return FILE_WORDS.test(text) ? "files" : null;
}
