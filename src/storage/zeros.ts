const ZEROS = Buffer.alloc(1 << 16);

export function isZero(bytes: Buffer, from: number, to: number): boolean {
  return firstNonZero(bytes, from, to) === to;
}

/** The first byte of bytes[from, to) that is not 0, or `to`; compares whole pieces natively first. */
export function firstNonZero(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const piece = Math.min(ZEROS.length, to - at);
    if (ZEROS.compare(bytes, at, at + piece, 0, piece) !== 0) break;
    at += piece;
  }
  while (at < to && bytes[at] === 0) at++;
  return at;
}

/** Where the zeros begin that bytes[from, to) ends in: `to` if there are none, `from` if there is nothing else. */
export function zerosAtEnd(bytes: Buffer, from: number, to: number): number {
  let at = to;
  while (at > from) {
    const piece = Math.min(ZEROS.length, at - from);
    if (ZEROS.compare(bytes, at - piece, at, 0, piece) !== 0) break;
    at -= piece;
  }
  while (at > from && bytes[at - 1] === 0) at--;
  return at;
}
