import { defineConfig } from "vite";

// Everything the browser gets comes out of dist/, as files of its own: nothing inline, so that the content security policy
// needs no exception, and nothing from elsewhere.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": { target: "https://127.0.0.1:7445", secure: false } } },
});
