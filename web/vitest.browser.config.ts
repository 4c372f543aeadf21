import { defineConfig } from "vitest/config";

// Each file starts a Chromium of its own; the one over the real platform mostly waits for deadlines.
export default defineConfig({
  test: {
    include: ["tests/browser/**/*.test.ts"],
    environment: "node",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
