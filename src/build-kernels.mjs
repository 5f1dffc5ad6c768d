// Builds each kernel.wat into the kernel.ts beside it, so that the package needs neither a file at run time nor a tool at
// install time.
//   node src/build-kernels.mjs           writes them
//   node src/build-kernels.mjs --check   exits 1 if one is not what its source builds to
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import loadWabt from "wabt";

const wabt = await loadWabt();

for (const folder of ["checksum", "export/json"]) {
  const target = new URL(`${folder}/kernel.ts`, import.meta.url);
  const text = build(new URL(`${folder}/kernel.wat`, import.meta.url), await keysOf(folder));
  if (!process.argv.includes("--check")) writeFileSync(target, text);
  else if (readFileSync(target, "utf8") !== text) {
    console.error(`${folder}/kernel.ts is not what kernel.wat builds to: run node src/build-kernels.mjs`);
    process.exitCode = 1;
  }
}

function build(source, keys) {
  const parsed = wabt.parseWat("kernel.wat", withKeys(withParts(source), keys), { simd: true });
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

/** The texts that a kernel writes, by name, from the kernel-keys.ts beside it. */
async function keysOf(folder) {
  const file = new URL(`${folder}/kernel-keys.ts`, import.meta.url);
  if (!existsSync(file)) return {};
  const bundle = await rolldown({ input: fileURLToPath(file) });
  const { output } = await bundle.generate({ format: "esm" });
  await bundle.close();
  const { KERNEL_KEYS } = await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
  return KERNEL_KEYS;
}

/**
 * Puts the keys' texts where the line `;; keys at ADDRESS` stands, each in slots of 16 bytes; and makes instructions of
 * `{put NAME at $to + OFFSET}`, numbers of `{length NAME + MORE}`.
 */
function withKeys(text, keys) {
  const places = new Map();
  const data = (start) => {
    let at = Number(start);
    return Object.entries(keys).map(([name, key]) => {
      places.set(name, { at, length: key.length });
      const line = `  (data (i32.const ${at}) "${key.replaceAll('"', String.raw`\"`)}")`;
      at += Math.ceil(key.length / 16) * 16;
      return line;
    });
  };
  const placeOf = (name) => places.get(name) ?? fail(`no key ${name} in kernel-keys.ts`);
  return text
    .replace(/^ *;; keys at (\d+)$/m, (_, start) => data(start).join("\n"))
    .replace(/\{put (\S+) at (\$\w+)(?: \+ (\d+))?\}/g, (_, name, to, offset) =>
      put(placeOf(name), to, Number(offset ?? 0)),
    )
    .replace(/\{length (\S+?)(?: \+ (\d+))?\}/g, (_, name, more) => placeOf(name).length + Number(more ?? 0));
}

/** Copies a key: whole vectors, or as much as the last slot holds of it. */
function put({ at, length }, to, offset) {
  const moves = [];
  for (let done = 0; done < length; ) {
    const left = length - done;
    const [type, width] = left > 8 ? ["v128", 16] : left > 4 ? ["i64", 8] : ["i32", 4];
    const place = offset + done === 0 ? "" : `offset=${offset + done} `;
    moves.push(`(${type}.store ${place}align=1 (local.get ${to}) (${type}.load (i32.const ${at + done})))`);
    done += width;
  }
  return moves.join(" ");
}

function fail(message) {
  throw new Error(message);
}
