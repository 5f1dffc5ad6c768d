export { adler32, adler32Combine, isAdler32 } from "./adler32.js";
export { Block, type Kernel } from "./block.js";
export { crc32 } from "./crc32.js";
export { crc32Shift, crc32Shifted, crc32Step } from "./crc32-algebra.js";
export { crc32c, crc32cImplementation } from "./crc32c.js";
export { PiecewiseDigest } from "./piecewise-digest.js";
export { StretchSums } from "./stretch-sums.js";
export { allocate, kernelMaker, MAX_PAGES, PAGE, type WasmMemory } from "./webassembly.js";
export { ZnodeRun } from "./znode-run.js";
