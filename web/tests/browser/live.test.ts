import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Fixture } from "../fixture/server.ts";
import { aPatient, anAlert, aValue, now_us } from "../fixture/ward.ts";
import { launch, open, signIn, type Visit } from "./harness.ts";

let browser: Browser;
let fixture: Fixture;
let visit: Visit;
let url: string;

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

beforeEach(async () => {
  fixture = new Fixture();
  fixture.patients = [aPatient("p-1"), aPatient("p-2")];
  url = await fixture.start();
  visit = await open(browser, url);
});
afterEach(async () => {
  await visit.close();
  await fixture.stop();
  expect(visit.mistakes).toEqual([]);
});

test("an alert is on the screen and said to screen readers within a second", async () => {
  const { page } = visit;
  await signIn(page);
  const begin = performance.now();
  fixture.say(anAlert("p-2", 1, "high"), "raised");
  await page.locator("[data-patient=p-2] .badge-high.signalled").waitFor();
  expect(performance.now() - begin).toBeLessThan(1_000);
  await page.getByTestId("high-alerts").getByText("High alert, bed-2").waitFor({ state: "attached" });
  expect(await page.locator("[data-patient]").first().getAttribute("data-patient")).toBe("p-2");
});

test("high flashes at 2 Hz, medium at 0.5 Hz, all in step, and low is steady", async () => {
  const { page } = visit;
  await signIn(page);
  fixture.say(anAlert("p-1", 1, "high"), "raised");
  await page.locator(".tile .badge-high").waitFor();
  fixture.say(anAlert("p-1", 2, "medium"), "raised");
  fixture.say(anAlert("p-1", 3, "low"), "raised");
  await page.waitForTimeout(130);
  fixture.say(anAlert("p-2", 1, "high"), "raised");
  await page.locator("[data-patient=p-2] .badge-high").waitFor();
  await page.keyboard.press("i");
  await page.locator(".row .badge-low").waitFor();
  const flashing = () => page.evaluate(() =>
    document.getAnimations().map((animation) => ({
      name: (animation as CSSAnimation).animationName,
      lasts_ms: animation.effect?.getTiming().duration,
      begins_ms: animation.startTime,
    })),
  );
  await expect.poll(async () => [...new Set((await flashing()).map(({ begins_ms }) => begins_ms))]).toEqual([0]);
  const lasts = new Map((await flashing()).map(({ name, lasts_ms }) => [name, lasts_ms]));
  expect(Object.fromEntries(lasts)).toEqual({ "flash-high": 500, "flash-medium": 2000 });
});

test("whoever wants less motion sees no flashing, and marks and word all the same", async () => {
  const quiet = await open(browser, url, { reducedMotion: "reduce" });
  await signIn(quiet.page);
  fixture.say(anAlert("p-1", 1, "high"), "raised");
  await quiet.page.locator("[data-patient=p-1]").getByText("!!!").waitFor();
  expect(await quiet.page.evaluate(() => document.getAnimations().length)).toBe(0);
  expect(await quiet.page.locator("[data-patient=p-1] .badge").textContent()).toContain("HIGH");
  await quiet.close();
});

test("a stopped server is NOT LIVE, and what was missed comes when it is back", async () => {
  const { page } = visit;
  await signIn(page);
  fixture.say(anAlert("p-1", 1, "medium"), "raised");
  await page.locator("[data-patient=p-1] .badge-medium").waitFor();
  await fixture.stop();
  await page.getByText("NOT LIVE", { exact: true }).first().waitFor({ timeout: 6_000 });
  expect(await page.title()).toBe("NOT LIVE · Vigil");
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/api/v1/events")) asked.push(request.headers()["last-event-id"] ?? "");
  });
  fixture.say(anAlert("p-2", 1, "high"), "raised");
  await fixture.start();
  await page.locator("[data-live=live]").waitFor();
  await page.locator("[data-patient=p-2] .badge-high").waitFor();
  expect(await page.locator(".not-live").count()).toBe(0);
  expect(asked.at(-1)).toBe("101");
});

test("a connection that is silent for 12 s is NOT LIVE although it is open", async () => {
  const { page } = visit;
  await signIn(page);
  fixture.fallSilent(true);
  const begin = performance.now();
  await page.locator(".not-live").waitFor({ timeout: 20_000 });
  const after_ms = performance.now() - begin;
  expect(after_ms).toBeGreaterThan(9_000);
  expect(after_ms).toBeLessThan(14_500);
  fixture.fallSilent(false);
  await page.locator("[data-live=live]").waitFor();
});

test("a laptop that wakes is NOT LIVE at once, until the server was heard again", async () => {
  const { page } = visit;
  await signIn(page);
  fixture.fallSilent(true);
  // What a page sees first on waking: a wall clock that went on without it.
  const state = await page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 3_600_000;
    window.dispatchEvent(new Event("focus"));
    return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(document.querySelector("[data-live]")?.getAttribute("data-live")))));
  });
  expect(state).toBe("not-live");
});

test("a browser clock that is off by an hour changes no age", async () => {
  const off = await browser.newContext();
  const page = await off.newPage();
  await page.addInitScript(() => {
    const now = Date.now;
    Date.now = () => now() - 3_600_000;
  });
  await page.goto(url);
  await signIn(page);
  fixture.say(anAlert("p-1", 1, "medium", { raised_at_us: now_us() - 42e6 }), "raised");
  await page.locator("[data-patient=p-1]").getByText(/4[2-5] s ago/).waitFor();
  await off.close();
});

test("sound is off until a gesture and that is a fault; then each priority has its burst", async () => {
  const heard = await browser.newContext();
  const page = await heard.newPage();
  await page.addInitScript(() => {
    // What drives the page counts as a gesture for Chromium: a click alone shall.
    let isTouched = false;
    addEventListener("pointerdown", () => (isTouched = true), true);
    window.AudioContext = class extends AudioContext {
      override get state() {
        return isTouched ? super.state : "suspended";
      }
      override resume() {
        return isTouched ? super.resume() : Promise.reject(new Error("no gesture"));
      }
    };
    const counted = window as unknown as { pulses: number };
    counted.pulses = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (when?: number) {
      counted.pulses += 1;
      start.call(this, when);
    };
  });
  const pulses = () => page.evaluate(() => (window as unknown as { pulses: number }).pulses);
  fixture.isSignedIn = true;
  await page.goto(url);
  await page.locator("[data-live=live]").waitFor();
  const fault = page.getByRole("button", { name: "Sound off click to arm" });
  await fault.waitFor();
  await fault.click();
  await fault.waitFor({ state: "detached" });
  const before = await pulses();
  fixture.say(anAlert("p-1", 1, "high"), "raised");
  await expect.poll(pulses, { timeout: 3_000 }).toBe(before + 10);
  await page.keyboard.press("p");
  await page.getByText(/Paused 1:5[789]|Paused 2:00/).waitFor();
  fixture.say(anAlert("p-2", 1, "medium"), "raised");
  await expect.poll(pulses, { timeout: 6_000 }).toBe(before + 13);
  await heard.close();
});

test("a hidden tab goes on, says so in its title and notifies without naming a patient", async () => {
  const hidden = await browser.newContext({ permissions: ["notifications"] });
  const page = await hidden.newPage();
  await page.addInitScript(() => {
    Object.defineProperty(Document.prototype, "hidden", { get: () => true });
    const said = window as unknown as { said: string[] };
    said.said = [];
    window.Notification = class {
      static permission = "granted";
      constructor(title: string, options: NotificationOptions) {
        said.said.push(`${title}: ${options.body}`);
      }
    } as unknown as typeof Notification;
  });
  fixture.isSignedIn = true;
  await page.goto(url);
  await page.locator("[data-live=live]").waitFor();
  fixture.say(anAlert("p-1", 1, "high"), "raised");
  await expect.poll(() => page.title()).toBe("(1) HIGH · Vigil");
  const said = await page.evaluate(() => (window as unknown as { said: string[] }).said);
  expect(said).toEqual(["Vigil: HIGH alert waits for an answer"]);
  await hidden.close();
});

test("a session that ends is announced, can be kept, and its end is neither silent nor looks alive", async () => {
  const { page } = visit;
  fixture.session = { expires_us: now_us() + 3_600e6, idle_s: 100 };
  await signIn(page);
  await page.getByText(/You will be signed out in 1:3\d/).waitFor();
  fixture.session = { expires_us: now_us() + 3_600e6, idle_s: 1_800 };
  await page.getByRole("button", { name: "Stay signed in" }).click();
  await page.getByText("You will be signed out").waitFor({ state: "detached" });
  fixture.endSession();
  await page.getByText("NOT WATCHED").waitFor();
  expect(await page.title()).toBe("NOT WATCHED · Vigil");
  await signIn(page);
  expect(await page.title()).toBe("Vigil");
});

test("a value has its age, and one that nobody hears of any more is no data, never the last number", async () => {
  const { page } = visit;
  fixture.values.set("p-1", [aValue("heart_rate", 72, 20), aValue("spo2", 97, 400), aValue("resp_rate", undefined, 2)]);
  await signIn(page);
  const value = (code: string) => page.locator(`[data-patient=p-1] [data-code=${code}]`);
  await value("heart_rate").getByText(/^2\d s$/).waitFor();
  expect(await value("heart_rate").textContent()).toContain("72");
  expect(await value("spo2").textContent()).toMatch(/no data6:4\d/);
  expect(await value("spo2").textContent()).not.toContain("97");
  expect(await value("resp_rate").textContent()).toContain("no signal");
  fixture.sayValues("p-1", [aValue("spo2", 94, 0)]);
  await value("spo2").getByText("94").waitFor();
  // The device of the heart rate has fallen silent meanwhile.
  await value("heart_rate").getByText("no data").waitFor({ timeout: 20_000 });
  expect(await value("heart_rate").textContent()).not.toContain("72");
});

test("values that came while the connection was lost are read from the board", async () => {
  const { page } = visit;
  fixture.values.set("p-1", [aValue("heart_rate", 72)]);
  await signIn(page);
  await page.locator("[data-patient=p-1]").getByText("72").waitFor();
  await fixture.stop();
  fixture.values.set("p-1", [aValue("heart_rate", 141, 0)]);
  fixture.patients.push(aPatient("p-3"));
  await fixture.start();
  await page.locator("[data-patient=p-1]").getByText("141").waitFor();
  await page.locator("[data-patient=p-3]").waitFor();
});
