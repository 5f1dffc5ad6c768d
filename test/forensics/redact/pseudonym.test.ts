import { expect, test } from "vitest";
import { Pseudonyms } from "../../../src/forensics/redact/pseudonym.js";

test("no two short names share a pseudonym, and none gets a pattern's star", () => {
  for (let key = 0; key < 50; key++) {
    const pseudonyms = new Pseudonyms(Buffer.from(`key ${key}`));
    const names = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index)).filter(
      (name) => !"/.*".includes(name),
    );
    const made = names.map((name) => pseudonyms.of("name", name));
    expect(new Set(made).size).toBe(names.length);
    expect(made).not.toContain("*");
  }
});
