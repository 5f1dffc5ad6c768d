import { defineConfig } from "vitest/config";

/** The explorer's page and the report's in a real browser: Debian's Chromium, or the one that CHROMIUM names. */
export default defineConfig({
  test: {
    include: ["test/page/**/*.test.ts"],
    globalSetup: ["test/fixtures/unpack.ts"],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
