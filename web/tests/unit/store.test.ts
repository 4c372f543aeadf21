import { beforeEach, expect, test } from "vitest";
import { alertById, alertsByPatient, forgetAlerts, openAlerts, position, replaceAlerts, takeAlert, takeUpdates, toReview } from "../../src/state/alerts.ts";
import { anAlert, now_us } from "../fixture/ward.ts";
import type { Alert } from "../../src/model/alert.ts";

const update = (at: number, alert: Alert) => ({ position: at, fact: { at_us: now_us(), what: "raised" }, alert });

beforeEach(forgetAlerts);

test("an event that was overtaken by an answer does not bring the old state back", () => {
  const alert = anAlert("p-1", 1, "high", { version: 3 });
  replaceAlerts([alert], 10);
  takeAlert({ ...alert, version: 4, state: "acknowledged" });
  takeUpdates([update(11, alert)]);
  expect(alertById(alert.id)?.state).toBe("acknowledged");
  expect(position.value).toBe(11);
});

test("what is not in a new list is not open any more", () => {
  replaceAlerts([anAlert("p-1", 1, "high"), anAlert("p-2", 1, "low")], 10);
  replaceAlerts([anAlert("p-2", 1, "low")], 20);
  expect(openAlerts.value.map((alert) => alert.patient)).toEqual(["p-2"]);
});

test("a closed alert leaves the inbox, and one that ended unanswered is kept for review until it has a verdict", () => {
  const alert = anAlert("p-1", 1, "medium");
  takeUpdates([update(1, alert)]);
  const closed = { ...alert, version: 2, state: "closed", closed: "ended_unanswered" } as const;
  takeUpdates([update(2, closed)]);
  expect(openAlerts.value).toEqual([]);
  expect(toReview.value.map((held) => held.id)).toEqual([alert.id]);
  takeUpdates([update(3, { ...closed, verdict: "false" })]);
  expect(toReview.value).toEqual([]);
});

test("a patient's worst alert is the one of the highest priority, answered or not", () => {
  replaceAlerts([anAlert("p-1", 1, "low"), anAlert("p-1", 2, "high", { state: "accepted" })], 1);
  expect(alertsByPatient.value.get("p-1")?.map((alert) => alert.priority)).toEqual(["high", "low"]);
});

test("an alert of a device or a unit is nobody's tile", () => {
  replaceAlerts([anAlert("p-1", 1, "low", { patient: undefined, subject: "device~m-1" })], 1);
  expect(alertsByPatient.value.size).toBe(0);
  expect(openAlerts.value).toHaveLength(1);
});

test("5,000 alerts at once are taken in and sorted", () => {
  const many = Array.from({ length: 5_000 }, (_, index) => update(index + 1, anAlert(`p-${index}`, 1, "medium")));
  takeUpdates(many);
  expect(openAlerts.value).toHaveLength(5_000);
  expect(position.value).toBe(5_000);
});
