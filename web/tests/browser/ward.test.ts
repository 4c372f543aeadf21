// The dashboard over the real platform: what a nurse does on a shift, and what is shown when the platform is lost.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, launch, open, signIn, SHOTS, type Visit } from "./harness.ts";
import { PASSWORD, Platform } from "./platform.ts";

let browser: Browser;
let platform: Platform;
let visit: Visit;
let page: Page;

beforeAll(async () => {
  [browser, platform] = await Promise.all([launch(), Platform.demo()]);
  visit = await open(browser, platform.url);
  page = visit.page;
});
afterAll(async () => {
  await browser?.close();
  await platform?.stop();
});

const rowOf = (id: string) => page.locator(`[id="alert-${id}"]`);

/** The id of an alert that waits for somebody. */
async function aWaitingAlert(): Promise<string> {
  const row = page.locator(".row", { hasText: "waits for nurse-demo" }).first();
  await row.waitFor({ timeout: 60_000 });
  return ((await row.getAttribute("id")) as string).replace("alert-", "");
}

test("a nurse signs in, and the first view is there within a second of the page's load", async () => {
  await page.screenshot({ path: `${SHOTS}sign-in.png` });
  await signIn(page, "nurse-demo", PASSWORD);
  await page.locator("[data-patient]").first().waitFor();
  const again = performance.now();
  await page.reload();
  await page.locator("[data-patient]").first().waitFor();
  expect(performance.now() - again).toBeLessThan(3_000);
});

test("an alert arrives on the board, flashes and says who is asked", async () => {
  await page.locator(".tile .badge.signalled").first().waitFor({ timeout: 60_000 });
  await page.locator(".tile", { hasText: "waits for" }).first().waitFor();
  await expectAccessible(page);
  await page.screenshot({ path: `${SHOTS}board.png` });
});

test("it says why it fired, is acknowledged, and that is on record", async () => {
  await page.keyboard.press("i");
  const id = await aWaitingAlert();
  await page.screenshot({ path: `${SHOTS}inbox.png` });
  await rowOf(id).click();
  await page.keyboard.press("a");
  await page.getByLabel("Reason").fill("at the bedside");
  await page.keyboard.press("Enter");
  await page.getByText("Acknowledged: on record.").waitFor();
  await rowOf(id).getByText("acknowledged by nurse-demo").waitFor();
  await rowOf(id).dblclick();
  await page.getByRole("heading", { name: "What happened" }).waitFor();
  await page.locator(".fact", { hasText: "at the bedside" }).waitFor();
  expect(await page.locator(".facts", { hasText: "Rule" }).textContent()).toMatch(/version \d/);
  await expectAccessible(page);
  await page.screenshot({ path: `${SHOTS}alert.png` });
});

test("what nobody answers goes to the next step, and escalating goes there at once", async () => {
  await page.keyboard.press("i");
  const id = await aWaitingAlert();
  await rowOf(id).click();
  await page.keyboard.press("e");
  await page.getByLabel("Reason").fill("in theatre");
  await page.keyboard.press("Enter");
  await page.getByText("Escalated: on record.").waitFor();
  await rowOf(id).getByText("dr-demo").waitFor();
  // Nobody touches the others: their first step has 60 s.
  await page.locator(".row", { hasText: /waits for .*dr-demo/ }).nth(1).waitFor({ timeout: 90_000 });
});

test("a lost platform is NOT LIVE; back again, it asks who is there and goes on", async () => {
  await page.goto(platform.url);
  await page.locator("[data-live=live]").waitFor();
  await platform.kill();
  await page.locator(".not-live").waitFor({ timeout: 6_000 });
  await page.screenshot({ path: `${SHOTS}not-live.png` });
  await platform.serve();
  // Sessions are gone with the process: nothing is shown before somebody has signed in again.
  await page.getByRole("button", { name: "Sign in" }).waitFor({ timeout: 60_000 });
  expect(await page.locator("[data-patient]").count()).toBe(0);
  await signIn(page, "nurse-demo", PASSWORD);
  await page.locator("[data-patient]").first().waitFor();
  await page.keyboard.press("i");
  await page.locator(".row", { hasText: "acknowledged by nurse-demo" }).first().waitFor();
  expect(visit.mistakes).toEqual([]);
});
