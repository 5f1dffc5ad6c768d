/** CRC-32's polynomial, reversed: the highest bit is x^0. */
const POLYNOMIAL = 0xedb88320;
const ONE = 0x80000000;

const afterByte = new Uint32Array(256).map((_, byte) => {
  let register = byte;
  for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ POLYNOMIAL : register >>> 1;
  return register;
});

/** The CRC-32's register after one more byte: for bytes that come one by one. A CRC is its register inverted (~). */
export function crc32Step(register: number, byte: number): number {
  return (afterByte[(register ^ byte) & 0xff] as number) ^ (register >>> 8);
}

/** What `crc32Shifted` needs for a number of bytes: x^(8 · byteLength) modulo the polynomial. */
export function crc32Shift(byteLength: number): number {
  let shift = ONE;
  for (let rest = byteLength, power = 3; rest > 0; rest = Math.floor(rest / 2), power++) {
    if (rest % 2 === 1) shift = crc32Shifted(squares[power & 31] as number, shift);
  }
  return shift;
}

/**
 * What a difference (xor) of two CRC-32s becomes when the same bytes follow both: so that a CRC can be had for another
 * beginning without what comes after it. Unsigned.
 */
export function crc32Shifted(difference: number, shift: number): number {
  let product = 0;
  let term = difference | 0;
  // Without branches, which nobody could foretell.
  for (let rest = shift | 0; rest !== 0; rest <<= 1) {
    product ^= term & (rest >> 31);
    term = (term >>> 1) ^ (POLYNOMIAL & -(term & 1));
  }
  return product >>> 0;
}

/** x^(2^n): they repeat after 32, for the polynomial is primitive. */
const squares = new Uint32Array(32);
squares[0] = ONE >>> 1;
for (let n = 1; n < 32; n++) squares[n] = crc32Shifted(squares[n - 1] as number, squares[n - 1] as number);
