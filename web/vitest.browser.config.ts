import { defineConfig } from "vitest/config";

// Each file starts a Chromium of its own; a small machine takes one at a time.
export default defineConfig({
  test: {
    include: ["tests/browser/**/*.test.ts"],
    environment: "node",
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
