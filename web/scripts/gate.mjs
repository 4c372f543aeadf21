// What the build has to keep to: bytes of JavaScript, packages at run time and their licences, nothing inline, nothing from
// elsewhere.
import { readFileSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const JAVASCRIPT_GZIPPED_BYTES_MAX = 120 * 1024;
const RUNTIME_PACKAGES_MAX = 10;
// Those of deny.toml, and the one of fonts.
const LICENCES = ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "OFL-1.1"];
const root = new URL("..", import.meta.url).pathname;
const dist = join(root, "dist");

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const text = (file) => readFileSync(file, "utf8");
const of = (...kinds) => files.filter((file) => kinds.includes(extname(file)));
const mistakes = [];

const bytes = of(".js").reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0);
if (bytes > JAVASCRIPT_GZIPPED_BYTES_MAX) {
  mistakes.push(`${bytes} bytes of gzipped JavaScript, allowed are ${JAVASCRIPT_GZIPPED_BYTES_MAX}`);
}

const lock = JSON.parse(text(join(root, "package-lock.json")));
const packages = Object.entries(lock.packages).filter(([path, entry]) => path !== "" && !entry.dev && !entry.devOptional);
if (packages.length > RUNTIME_PACKAGES_MAX) {
  mistakes.push(`${packages.length} packages at run time, allowed are ${RUNTIME_PACKAGES_MAX}`);
}
for (const [path, { license }] of packages) {
  if (!LICENCES.includes(license)) mistakes.push(`${path}: licence ${license}, allowed are ${LICENCES.join(", ")}`);
}

for (const file of of(".html")) {
  if (/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/i.test(text(file))) {
    mistakes.push(`${file}: script or style inline, which the content security policy forbids`);
  }
}
const loads = /(?:src|href)=["']https?:|url\(\s*["']?(?:https?:)?\/\/|@import\s+["']?(?:https?:)?\/\/|(?:fetch|import|importScripts|EventSource|WebSocket)\(\s*["'`](?:https?:|wss?:)?\/\//i;
for (const file of of(".html", ".css", ".js", ".svg")) {
  if (loads.test(text(file))) mistakes.push(`${file}: loads something from elsewhere`);
}
for (const file of of(".js")) {
  if (/\beval\(|new Function\(/.test(text(file))) mistakes.push(`${file}: evaluates text, which the content security policy forbids`);
}

for (const mistake of mistakes) console.error(`gate: ${mistake}`);
if (mistakes.length > 0) process.exit(1);
console.log(`gate: ${(bytes / 1024).toFixed(1)} KB of gzipped JavaScript, ${packages.length} packages at run time`);
