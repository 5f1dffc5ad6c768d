// Builds each kernel.wat into the kernel.ts beside it, so that the package needs neither a file at run time nor a tool at
// install time.
//   node src/build-kernels.mjs           writes them
//   node src/build-kernels.mjs --check   exits 1 if one is not what its source builds to
import { readFileSync, writeFileSync } from "node:fs";
import loadWabt from "wabt";

const wabt = await loadWabt();

for (const folder of ["checksum", "export"]) {
  const target = new URL(`${folder}/kernel.ts`, import.meta.url);
  const text = build(new URL(`${folder}/kernel.wat`, import.meta.url));
  if (!process.argv.includes("--check")) writeFileSync(target, text);
  else if (readFileSync(target, "utf8") !== text) {
    console.error(`${folder}/kernel.ts is not what kernel.wat builds to: run node src/build-kernels.mjs`);
    process.exitCode = 1;
  }
}

function build(source) {
  const parsed = wabt.parseWat("kernel.wat", withParts(source), { simd: true });
  parsed.validate();
  const { buffer } = parsed.toBinary({ canonicalize_lebs: true, write_debug_names: false });
  const lines = Buffer.from(buffer)
    .toString("base64")
    .match(/.{1,110}/g);
  return `// Generated from kernel.wat by build-kernels.mjs: do not edit. ${buffer.length} bytes of WebAssembly, in base64.
export const kernelBase64 = [
${lines.map((line) => `  "${line}",`).join("\n")}
].join("");
`;
}

/** WebAssembly text knows no files: a line `;; include NAME` stands for the one beside it. */
function withParts(source) {
  return readFileSync(source, "utf8").replace(/^ *;; include (\S+)$/gm, (_, name) =>
    readFileSync(new URL(name, source), "utf8"),
  );
}
