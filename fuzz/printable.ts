/** Text with everything escaped that a terminal could act on or not show; line feeds stay. */
export function printable(text: string): string {
  return text.replace(/[^\n\x20-\x7e]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
