import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/interop/**", "test/page/**"],
    globalSetup: ["test/fixtures/unpack.ts"],
    testTimeout: 60_000,
    // The default leaves a core idle.
    maxWorkers: "100%",
  },
});
