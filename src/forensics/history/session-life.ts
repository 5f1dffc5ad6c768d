import type { Moment } from "../../recovery/scan/headers.js";
import type { SessionEnding } from "./change.js";
import type { Safe } from "../../text/safe.js";

/** An ephemeral znode of a session. */
export interface EphemeralLife {
  path: string;
  czxid: bigint;
  /** Null where it was made before the first transaction here. */
  made: Moment | null;
  /** Null while it exists. */
  lost: (Moment & { by: "session end" | "client" | "another session"; session: bigint }) | null;
}

/** A session, as far as logs and a snapshot before them tell. */
export interface SessionLife {
  id: bigint;
  /** The id's high byte: the number of the server that the client reached when it began (1 on a standalone server). */
  server: number;
  /** Milliseconds; undefined where neither its beginning nor a snapshot tells. */
  timeout: number | undefined;
  /** Null where it was there before the first transaction. */
  born: Moment | null;
  /** Its last transaction but for its end; null if there is none. */
  last: Moment | null;
  /** How many transactions it had, by operation, errors apart; a multi counts as one. */
  writes: number;
  ops: Map<Safe, number>;
  bytes: number;
  /** By name. A multi that failed counts as `multi`. */
  errors: Map<Safe, number>;
  ephemeralsMade: number;
  end: SessionEnd | null;
}

/** How a session ended, and with which transaction. */
export interface SessionEnd extends Moment {
  ending: SessionEnding;
  /** The ephemerals that it took along; null where the server did not name them (before 3.6). */
  deletes: number | null;
  /**
   * Of one that the server ended: whether it may have expired. False where its last transaction was less than its
   * timeout ago: then something else ended it. Null where that cannot be told.
   */
  mayHaveExpired: boolean | null;
}

/** The number of a server in a session's id. */
export function serverOf(id: bigint): number {
  return Number(BigInt.asUintN(64, id) >> 56n);
}

/** A session that nothing is known of yet. */
export function newLife(id: bigint): SessionLife {
  return {
    id,
    server: serverOf(id),
    timeout: undefined,
    born: null,
    last: null,
    writes: 0,
    ops: new Map(),
    bytes: 0,
    errors: new Map(),
    ephemeralsMade: 0,
    end: null,
  };
}
