import { defineConfig } from "vitest/config";

// Real servers and Java: slow to start, so long limits, and one at a time on two cores.
export default defineConfig({
  test: {
    include: ["test/interop/**/*.test.ts"],
    globalSetup: ["test/fixtures/unpack.ts"],
    // Nothing is remembered of repositories that are gone with their test.
    env: { ZKREWIND_MEMORY: "off" },
    // A whole run of test/interop/servers starts a release some hundreds of times.
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
