// Only what is used here: TypeScript has WebAssembly in its DOM library alone, and Node's types lack it.
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Memory: new (limits: { initial: number; maximum: number }) => WasmMemory;
  Instance: new (module: object, imports: { env: { memory: WasmMemory } }) => { readonly exports: unknown };
};

export interface WasmMemory {
  /** Detached by `grow`. */
  readonly buffer: ArrayBuffer;
  /** By pages, in place; throws a RangeError where the maximum is passed. */
  grow(pages: number): number;
}

export const PAGE = 65536;
/** One page less than WebAssembly allows, so that the end of the memory is still a 32-bit pointer. */
export const MAX_PAGES = 65535;

/** A memory, all 0, of which the system gives a page only when it is first written. */
export function allocate(initial: number, maximum: number): WasmMemory {
  try {
    return new WebAssembly.Memory({ initial, maximum });
  } catch (cause) {
    throw new RangeError(
      `could not allocate ${initial * PAGE} bytes. Each allocation reserves about 10 GiB of address space: if it is ` +
        "limited (ulimit -v), lift that or set NODE_OPTIONS=--disable-wasm-trap-handler",
      { cause },
    );
  }
}

/**
 * What makes instances of a kernel and returns their exports. It is compiled at first use: commands that need none do not
 * pay for it.
 */
export function kernelMaker(base64: string): (memory: WasmMemory) => unknown {
  let compiled: object | undefined;
  return (memory) => {
    compiled ??= new WebAssembly.Module(Buffer.from(base64, "base64"));
    return new WebAssembly.Instance(compiled, { env: { memory } }).exports;
  };
}
