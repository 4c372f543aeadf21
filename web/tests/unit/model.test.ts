import { expect, test } from "vitest";
import { isLatched, isSignalled } from "../../src/model/alert.ts";
import { byBed, byUrgency } from "../../src/model/order.ts";
import { allows, whyNot } from "../../src/model/verbs.ts";
import { age, conditionWord, duration, factWord, standing } from "../../src/model/words.ts";
import { brief } from "../../src/pages/shift/brief.ts";
import { anAlert } from "../fixture/ward.ts";

const NURSE = { can: ["answer physiological alerts", "answer technical alerts"] };
const TECHNICIAN = { can: ["see technical alerts", "answer technical alerts"] };

test("unanswered goes before answered, then priority, then physiological, then age", () => {
  const at = Date.now() * 1000;
  const alerts = [
    anAlert("p-1", 1, "high", { state: "acknowledged" }),
    anAlert("p-2", 1, "low"),
    anAlert("p-3", 1, "medium", { kind: "technical", raised_at_us: at - 99 }),
    anAlert("p-4", 1, "medium", { raised_at_us: at }),
    anAlert("p-5", 1, "medium", { raised_at_us: at - 9 }),
    anAlert("p-6", 1, "high", { state: "closed" }),
  ];
  expect(alerts.sort(byUrgency).map((alert) => alert.patient)).toEqual(["p-5", "p-4", "p-3", "p-2", "p-1", "p-6"]);
});

test("the order is the same from whatever order it begins", () => {
  const alerts = Array.from({ length: 60 }, (_, index) =>
    anAlert(`p-${index}`, 1, (["high", "medium", "low"] as const)[index % 3]!, { raised_at_us: index % 7 }),
  );
  const sorted = [...alerts].sort(byUrgency).map((alert) => alert.id);
  expect([...alerts].reverse().sort(byUrgency).map((alert) => alert.id)).toEqual(sorted);
});

test("bed 2 stands before bed 10", () => {
  expect(["bed-10", "bed-2", "bed-1"].sort(byBed)).toEqual(["bed-1", "bed-2", "bed-10"]);
});

test("a latched alert is signalled although its condition has gone, until it is reset", () => {
  const latched = anAlert("p-1", 1, "high", { present: false, latching: true });
  expect(isLatched(latched)).toBe(true);
  expect(isSignalled(latched, 0)).toBe(true);
  expect(conditionWord(latched)).toBe("gone, latched");
  expect(isLatched({ ...latched, present: undefined })).toBe(false);
});

test("technicians answer no physiological alerts, and are told so", () => {
  expect(allows("acknowledge", anAlert("p-1", 1, "high"), TECHNICIAN)).toBe(false);
  expect(whyNot("acknowledge", anAlert("p-1", 1, "high"), TECHNICIAN)).toContain("physiological");
  expect(allows("acknowledge", anAlert("p-1", 1, "high", { kind: "technical" }), TECHNICIAN)).toBe(true);
});

test("high alerts are not snoozed, and only what is latched and gone is reset", () => {
  expect(whyNot("snooze", anAlert("p-1", 1, "high"), NURSE)).toContain("High");
  expect(allows("snooze", anAlert("p-1", 1, "medium"), NURSE)).toBe(true);
  expect(whyNot("reset", anAlert("p-1", 1, "high"), NURSE)).toContain("latched");
  expect(allows("reset", anAlert("p-1", 1, "high", { present: false }), NURSE)).toBe(true);
});

test("a closed alert still takes a verdict and a comment", () => {
  const closed = anAlert("p-1", 1, "low", { state: "closed", closed: "ended_unanswered" });
  expect(["dispose", "comment", "acknowledge"].map((verb) => allows(verb as "dispose", closed, NURSE))).toEqual([true, true, false]);
  expect(standing(closed)).toBe("closed: ended unanswered");
});

test("durations and ages say their unit and are never negative", () => {
  expect([0, 42, 59.9, 60, 3_725, 172_800].map(duration)).toEqual(["0:00", "0:42", "0:59", "1:00", "1:02:05", "2 d"]);
  expect([0, 42, 60, 3_600, 200_000].map(age)).toEqual(["0 s", "42 s", "1 min", "1 h", "2 d"]);
  expect(duration(-5)).toBe("0:00");
});

test("a fact of a newer server is named as the server names it", () => {
  expect(factWord({ at_us: 0, what: "paged_by_carrier_pigeon" })).toBe("paged by carrier pigeon");
});

test("a brief begins where the person left, and tells what is theirs from what is offered and what waits", () => {
  const since = 1_000;
  const alerts = [
    anAlert("p-1", 1, "high", { raised_at_us: 999, state: "acknowledged", people: ["me"] }),
    anAlert("p-2", 1, "high", { raised_at_us: 1_000, state: "waiting", people: ["me"] }),
    anAlert("p-3", 1, "low", { raised_at_us: 1_001, state: "accepted", people: ["other"], offered_to: "me" }),
    anAlert("p-4", 1, "medium", { raised_at_us: 1_002, state: "closed", closed: "ended_unanswered" }),
    anAlert("p-5", 1, "medium", { raised_at_us: 5, state: "closed", closed: "ended_unanswered" }),
  ];
  const found = brief(alerts, "me", since);
  const names = (list: { patient?: string }[]) => list.map((alert) => alert.patient);
  expect(names(found.owned)).toEqual(["p-1"]);
  expect(names(found.waiting)).toEqual(["p-2"]);
  expect(names(found.offered)).toEqual(["p-3"]);
  expect(names(found.unanswered)).toEqual(["p-4"]);
  expect(found.raised).toEqual({ high: 1, medium: 1, low: 1 });
});
