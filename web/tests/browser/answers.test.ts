import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Fixture } from "../fixture/server.ts";
import { aPatient, anAlert } from "../fixture/ward.ts";
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
  fixture.patients = [aPatient("p-1"), aPatient("p-2"), aPatient("p-3")];
  fixture.alerts = [anAlert("p-1", 1, "high"), anAlert("p-2", 1, "medium")];
  url = await fixture.start();
  visit = await open(browser, url);
});
afterEach(async () => {
  await visit.close();
  await fixture.stop();
  expect(visit.mistakes).toEqual([]);
});

const standing = () => visit.page.locator("#alert-p-1\\~1 .row-standing");

async function beginAcknowledging(reason: string): Promise<void> {
  const { page } = visit;
  await page.keyboard.press("i");
  await page.locator("#alert-p-1\\~1").click();
  await page.keyboard.press("a");
  await page.getByLabel("Reason").fill(reason);
}

test("nothing of a patient is shown before somebody signed in, and a wrong password is said", async () => {
  const { page } = visit;
  await page.getByLabel("Name").fill("nurse-demo");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("No account with this name and password.").waitFor();
  expect(await page.content()).not.toContain("bed-1");
});

test("acknowledged appears only after the commit, and one thing is done under one key", async () => {
  const { page } = visit;
  await signIn(page);
  let committed = () => {};
  fixture.commit = new Promise((resolve) => {
    committed = resolve;
  });
  await beginAcknowledging("at the bedside");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Waiting for the commit" }).waitFor();
  expect(await standing().textContent()).toContain("waits for");
  expect(await page.getByText("Acknowledged: on record.").count()).toBe(0);
  committed();
  await page.getByText("Acknowledged: on record.").waitFor();
  await standing().getByText("acknowledged by nurse-demo").waitFor();
  const [asked, ...more] = fixture.asked.filter(({ path }) => path.endsWith("/acknowledge"));
  expect(more).toEqual([]);
  expect(asked?.body).toEqual({ version: 1, reason: "at the bedside" });
  expect(asked?.key).toMatch(/^[\x21-\x7e]{1,64}$/);
});

test("whoever answers an alert that somebody else has answered is told, and nothing is done", async () => {
  const { page } = visit;
  await signIn(page);
  await beginAcknowledging("at the bedside");
  const held = fixture.alerts.find((alert) => alert.id === "p-1~1")!;
  fixture.say({ ...held, version: 2, state: "accepted", people: ["dr-demo"] }, "accepted", { by: "dr-demo" });
  await page.keyboard.press("Enter");
  await page.getByText("nothing was done").waitFor();
  await standing().getByText("accepted by dr-demo").waitFor();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Acknowledged: on record.").waitFor();
  expect(fixture.asked.slice(-2).map(({ body }) => body.version)).toEqual([1, 2]);
});

test("a session that ends in the middle of an answer loses neither the words nor the truth", async () => {
  const { page } = visit;
  await signIn(page);
  await beginAcknowledging("at the bedside since noon");
  fixture.isSignedIn = false;
  await page.keyboard.press("Enter");
  await page.getByText("Your answer was not sent. Sign in as nurse-demo").waitFor();
  expect(await page.content()).not.toContain("bed-1");
  await signIn(page);
  await page.getByText("You were signed out before this was sent. Nothing was done.").waitFor();
  expect(await page.getByLabel("Reason").inputValue()).toBe("at the bedside since noon");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Acknowledged: on record.").waitFor();
});

test("without an answer nothing is claimed, and trying again is the same request", async () => {
  const { page } = visit;
  await signIn(page);
  await beginAcknowledging("at the bedside");
  await page.route("**/acknowledge", (route) => route.abort(), { times: 1 });
  const keys: (string | undefined)[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/acknowledge")) keys.push(request.headers()["idempotency-key"]);
  });
  await page.keyboard.press("Enter");
  await page.getByText("it is not known whether this was done").waitFor();
  expect(await standing().textContent()).toContain("waits for");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Acknowledged: on record.").waitFor();
  expect(keys).toHaveLength(2);
  expect(keys[0]).toBe(keys[1]);
});

test("at a shared workstation somebody else answers in their own name with a PIN", async () => {
  const { page } = visit;
  await signIn(page);
  await beginAcknowledging("at the bedside");
  await page.getByText("Not nurse-demo?").click();
  await page.getByLabel("Your name").fill("lee");
  await page.getByLabel("PIN").fill("9999");
  await page.getByRole("dialog").getByRole("button", { name: "Acknowledge" }).click();
  await page.getByText("No lee with this PIN. Nothing was done.").waitFor();
  expect(await page.getByLabel("PIN").inputValue()).toBe("");
  await page.getByLabel("PIN").fill("1234");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Acknowledged: on record.").waitFor();
  await standing().getByText("acknowledged by lee").waitFor();
});

test("a shift is worked by the keyboard alone", async () => {
  const { page } = visit;
  await page.keyboard.type("nurse-demo");
  await page.keyboard.press("Tab");
  await page.keyboard.type("right");
  await page.keyboard.press("Enter");
  await page.locator("[data-live=live]").waitFor();
  await page.keyboard.press("i");
  await page.getByRole("listbox", { name: "Alerts" }).focus();
  await page.keyboard.press("ArrowDown");
  await page.locator("#alert-p-2\\~1[aria-selected=true]").waitFor();
  await page.keyboard.press("s");
  await page.getByRole("heading", { name: "Snooze the signals" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("s");
  await page.getByText("High alerts are not snoozed.").waitFor();
  await page.keyboard.press("c");
  await page.getByText("Accepted: on record.").waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "What happened" }).waitFor();
  await page.keyboard.press("1");
  await page.getByText("Verdict kept: on record.").waitFor();
  expect(fixture.asked.at(-1)?.body.verdict).toBe("true");
});

test("a shift is handed over as a whole, and the giver stays responsible", async () => {
  const { page } = visit;
  fixture.alerts = [anAlert("p-1", 1, "high", { state: "accepted" }), anAlert("p-2", 1, "low", { offered_to: "nurse-demo" })];
  await signIn(page);
  await page.getByRole("link", { name: "Shift" }).click();
  await page.locator("section", { hasText: "Offered to you 1" }).getByText("bed-2").waitFor();
  await page.getByLabel("Hand over all 1 to").fill("nurse-2");
  await page.getByLabel("Note").fill("quiet night");
  await page.getByRole("button", { name: "Hand over the shift" }).click();
  await page.getByText("Offered 1 to nurse-2: on record. You stay responsible until they are accepted.").waitFor();
  expect(fixture.asked.at(-1)?.body).toEqual({ to: "nurse-2", reason: "quiet night" });
});

test("a key that was moved acts, and the old one does not", async () => {
  const { page } = visit;
  await signIn(page);
  await page.keyboard.press("?");
  await page.getByLabel("Key: Acknowledge").press("q");
  await page.getByRole("link", { name: "Inbox" }).click();
  await page.locator("#alert-p-1\\~1").waitFor();
  await page.keyboard.press("a");
  expect(await page.getByRole("dialog").count()).toBe(0);
  await page.keyboard.press("q");
  await page.getByRole("heading", { name: "Acknowledge" }).waitFor();
});

test("an administrator admits, and it is said once and as it was typed", async () => {
  const { page } = visit;
  fixture.can = ["administer", "see the patient"];
  await signIn(page);
  await page.getByRole("link", { name: "Admit" }).click();
  await page.getByLabel("Patient (an opaque id, no name)").fill("p-9");
  await page.getByLabel("Bed", { exact: true }).fill("bed-9");
  await page.locator("select[name=age_class]").selectOption("adult");
  fixture.patients.push(aPatient("p-9"));
  await page.getByRole("button", { name: "Admit" }).click();
  await page.getByRole("heading", { name: /bed-9/ }).waitFor();
  const admissions = fixture.asked.filter(({ path }) => path === "/patients");
  expect(admissions).toHaveLength(1);
  const profile = { age_class: "adult", setting: "unknown", pregnant: false, spo2_scale_2: false };
  expect(admissions[0]?.body).toEqual({ patient: "p-9", unit: "ward-a", bed: "bed-9", profile });
});

test("who is not on the care team breaks the glass with a reason, on record", async () => {
  const { page } = visit;
  await signIn(page);
  await page.goto(`${url}/patients/p-77`);
  await page.getByRole("heading", { name: "Break the glass" }).waitFor();
  await page.getByLabel("Reason").fill("collapsed in the corridor");
  await page.getByRole("button", { name: "Break the glass" }).click();
  await expect.poll(() => fixture.asked.at(-1)?.path).toBe("/patients/p-77/break-glass");
  expect(fixture.asked.at(-1)?.body).toEqual({ reason: "collapsed in the corridor", minutes: 60 });
});

test("who sees no alerts has the records or the figures, and nothing that pretends to be live", async () => {
  const { page } = visit;
  fixture.can = ["read figures"];
  await page.getByLabel("Name").fill("sre-1");
  await page.getByLabel("Password").fill("right");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Operations" }).waitFor();
  await page.locator(".figure-worry", { hasText: "readings quarantined" }).waitFor();
  await page.getByText("nothing live").waitFor();
  expect(await page.getByRole("link", { name: "Board" }).count()).toBe(0);
  expect(await page.locator(".not-live, .sound-fault").count()).toBe(0);
});
