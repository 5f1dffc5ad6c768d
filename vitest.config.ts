import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/interop/**", "test/page/**"],
    globalSetup: ["test/fixtures/unpack.ts"],
    // Nothing is remembered of repositories that are gone with their test.
    env: { ZKREWIND_MEMORY: "off" },
    testTimeout: 60_000,
    // Files share a process, which loads what they import once; none changes what another one sees.
    isolate: false,
    // The default leaves a core idle.
    maxWorkers: "100%",
  },
});
