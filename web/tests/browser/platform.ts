// The real platform with its simulated ward, in a folder of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const BINARY = process.env.VIGIL ?? new URL("../../../target/debug/vigil", import.meta.url).pathname;
const START_MS_MAX = 60_000;

/** Of every demo account. */
export const PASSWORD = "simulated ward";

export class Platform {
  private constructor(
    readonly url: string,
    readonly dir: string,
    private process: ChildProcess,
  ) {}

  /** A ward that is alive. */
  static async demo(): Promise<Platform> {
    if (!existsSync(BINARY)) throw new Error(`no ${BINARY}: cargo build, or set VIGIL`);
    const parent = mkdtempSync(join(tmpdir(), "vigil-web-"));
    const dir = join(parent, "demo");
    const child = spawn(BINARY, ["demo", "--dir", dir, "--seed", "7"], { stdio: ["ignore", "pipe", "inherit"] });
    const url = await dashboardOf(child);
    return new Platform(url, dir, child);
  }

  /** As when the machine is lost. */
  async kill(): Promise<void> {
    await ended(this.process, "SIGKILL");
  }

  /** The same data again at the same addresses, without the simulated ward. */
  async serve(): Promise<void> {
    const config = join(this.dir, "vigil.toml");
    this.process = spawn(BINARY, ["serve", "--config", config], { cwd: this.dir, stdio: ["ignore", "ignore", "inherit"] });
  }

  async stop(): Promise<void> {
    await ended(this.process, "SIGTERM");
    rmSync(join(this.dir, ".."), { recursive: true, force: true });
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await end;
}

function dashboardOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the platform named no dashboard")), START_MS_MAX);
    child.once("exit", (code) => reject(new Error(`the platform ended with ${code}`)));
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const found = /dashboard (https:\S+)/.exec(line);
      if (!found) return;
      clearTimeout(timer);
      resolve(found[1] as string);
    });
  });
}
