/** A file that goes into a tar archive. */
export interface NewMember {
  /** ASCII, at most 100 characters. */
  path: string;
  data: Uint8Array;
}

const BLOCK = 512;

/** A tar archive (ustar) of files, which nobody owns and whose times are `seconds` since 1970. */
export function tarOf(members: readonly NewMember[], seconds: number): Buffer {
  const pieces = members.flatMap((member) => [header(member, seconds), member.data, padding(member.data.length)]);
  return Buffer.concat([...pieces, Buffer.alloc(2 * BLOCK)]);
}

function header({ path, data }: NewMember, seconds: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    block.write(value.toString(8).padStart(length - 1, "0"), at, "latin1");
  };
  block.write(path, 0, 100, "latin1");
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(data.length, 124, 12);
  octal(seconds, 136, 12);
  block.write("        ", 148, "latin1");
  block.write("0", 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  // The sum of the block with blanks for the sum itself: six digits, a zero, a blank.
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function padding(length: number): Buffer {
  return Buffer.alloc((BLOCK - (length % BLOCK)) % BLOCK);
}
