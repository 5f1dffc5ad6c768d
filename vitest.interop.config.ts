import { defineConfig } from "vitest/config";

// Real servers and Java: slow to start, so long limits, and one at a time on two cores.
export default defineConfig({
  test: {
    include: ["test/interop/**/*.test.ts"],
    globalSetup: ["test/fixtures/unpack.ts"],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
