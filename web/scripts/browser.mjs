// Runs the browser tests: sees to a Chromium first, since Node has none.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
const run = (command, args) => spawnSync(command, args, { stdio: "inherit" }).status === 0;

if (!existsSync(chromium) && !process.env.CHROMIUM) {
  console.log("browser: no Chromium yet, installing Debian's");
  const sudo = process.getuid() === 0 ? [] : ["sudo", "--non-interactive"];
  const apt = (...args) => {
    const [command, ...rest] = [...sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", ...args];
    return run(command, rest);
  };
  const isThere = apt("update") && apt("install", "--yes", "--no-install-recommends", "chromium") && existsSync(chromium);
  if (!isThere) {
    console.error("browser: the tests need Chromium: apt-get install chromium, or set CHROMIUM to one that is there");
    process.exit(1);
  }
}
process.exit(run("npx", ["--no-install", "vitest", "run", "--config", "vitest.browser.config.ts", ...process.argv.slice(2)]) ? 0 : 1);
