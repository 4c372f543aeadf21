// A Chromium of Debian's, and what every test of the pages asks of them.

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(" ");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Pictures of each run; `PICTURES=$PWD/../docs/pictures` renews those of the README. */
export const SHOTS = `${process.env.PICTURES ?? new URL("../../shots", import.meta.url).pathname}/`;

export async function launch(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`no Chromium at ${CHROMIUM}: apt-get install chromium, or set CHROMIUM`);
  mkdirSync(SHOTS, { recursive: true });
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS, timeout: 60_000 });
}

/** A page whose mistakes fail the test: errors in the console, refused by the policy, or asking for something elsewhere. */
export async function open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    ignoreHTTPSErrors: true,
    locale: "en-GB",
    ...options,
  });
  const page = await context.newPage();
  const mistakes: string[] = [];
  page.on("pageerror", (error) => mistakes.push(error.message));
  page.on("console", (message) => {
    // That a request failed is what some tests are about; everything else in the console is a mistake.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) mistakes.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) mistakes.push(`asked for ${request.url()}`);
  });
  await page.goto(url);
  return { page, mistakes, close: () => context.close() };
}

export interface Visit {
  page: Page;
  mistakes: string[];
  close: () => Promise<void>;
}

export async function signIn(page: Page, person = "nurse-demo", password = "right"): Promise<void> {
  await page.getByLabel("Name").fill(person);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("[data-live=live]").waitFor();
}

/** No violation of WCAG 2.2 A and AA that axe can find. */
export async function expectAccessible(page: Page, what = page.url()): Promise<void> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { axe } = globalThis as unknown as { axe: { run(root: Document, options: object): Promise<AxeAnswer> } };
    const answer = await axe.run(document, { runOnly: { type: "tag", values: tags } });
    return answer.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join(" | ")}`);
  });
  expect(violations, what).toEqual([]);
}

interface AxeAnswer {
  violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
}
