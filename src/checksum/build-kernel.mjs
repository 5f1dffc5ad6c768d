// Builds kernel.wat into kernel.ts, so that the package needs neither a file at run time nor a tool at install time.
//   node src/checksum/build-kernel.mjs           writes kernel.ts
//   node src/checksum/build-kernel.mjs --check   exits 1 if kernel.ts is not what the source builds to
import { readFileSync, writeFileSync } from "node:fs";
import loadWabt from "wabt";

const source = new URL("kernel.wat", import.meta.url);
const target = new URL("kernel.ts", import.meta.url);

const wabt = await loadWabt();
const parsed = wabt.parseWat("kernel.wat", readFileSync(source, "utf8"), { simd: true });
parsed.validate();
const { buffer } = parsed.toBinary({ canonicalize_lebs: true, write_debug_names: false });

const lines = Buffer.from(buffer)
  .toString("base64")
  .match(/.{1,110}/g);
const text = `// Generated from kernel.wat by build-kernel.mjs: do not edit. ${buffer.length} bytes of WebAssembly, in base64.
export const kernelBase64 = [
${lines.map((line) => `  "${line}",`).join("\n")}
].join("");
`;

if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("kernel.ts is not what kernel.wat builds to: run node src/checksum/build-kernel.mjs");
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
}
