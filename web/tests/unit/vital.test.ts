import { expect, test } from "vitest";
import type { ValueNow } from "../../src/api/board.ts";
import { isStale, judgedBy, numberOf, unitOf } from "../../src/model/vital.ts";
import { merge } from "../../src/state/vitals.ts";
import { sparkline } from "../../src/ui/sparkline.ts";
import { withGaps } from "../../src/ui/trend.ts";

const BOX = { width: 300, height: 40, edge: 3 };
const heard = (at_s: number, value: number | undefined, more: Partial<ValueNow> = {}): ValueNow => ({
  code: "heart_rate",
  title: "heart rate",
  unit: "/min",
  value,
  validity: value === undefined ? "no_signal" : "valid",
  at_us: at_s * 1e6,
  received_us: at_s * 1e6,
  ...more,
});

test("a streaming value is stale after 30 s and one that is measured now and then after an hour", () => {
  const [rate, cuff] = merge([], [heard(100, 80), heard(100, 120, { code: "bp_systolic" })]);
  expect([isStale(rate!, 130e6), isStale(rate!, 130e6 + 1)]).toEqual([false, true]);
  expect([isStale(cuff!, 3_700e6), isStale(cuff!, 3_700e6 + 1)]).toEqual([false, true]);
});

test("late data is no news", () => {
  expect(merge(merge([], [heard(100, 80)]), [heard(90, 40)])[0]?.value).toBe(80);
});

test("a lost signal is not the value before", () => {
  const [vital] = merge(merge([], [heard(100, 80)]), [heard(110, undefined)]);
  expect([vital?.value, vital?.validity]).toEqual([undefined, "no_signal"]);
});

test("a silence and a lost signal are gaps in the line and no bridges", () => {
  let held = merge([], [heard(0, 80)]);
  for (const at_s of [10, 20, 100, 110]) held = merge(held, [heard(at_s, 80 + at_s)]);
  held = merge(merge(held, [heard(115, undefined)]), [heard(116, 90)]);
  const path = sparkline(held[0]?.line ?? [], 0, 120e6, BOX);
  expect(path.match(/M/g)).toHaveLength(3);
  expect(path.match(/L/g)).toHaveLength(3);
});

test("the line of the board goes on with what the stream says", () => {
  const spark = { end_us: 1_800e6, step_s: 30, values: [70, null, 72] };
  let held = merge([], [heard(1_795, 72, { spark })]);
  held = merge(held, [heard(1_800, 75)]);
  expect(held[0]?.line).toEqual([[1_725e6, 70], [1_755e6, null], [1_785e6, 72], [1_795e6, 72]]);
  held = merge(held, [heard(1_805, 75)]);
  expect(held[0]?.line.at(-1)).toEqual([1_805e6, 75]);
});

test("half an hour is kept, and points are at least ten seconds apart", () => {
  let held = merge([], [heard(0, 80)]);
  for (let at_s = 1; at_s <= 4_000; at_s++) held = merge(held, [heard(at_s, 80)]);
  const line = held[0]?.line ?? [];
  expect(line.length).toBeLessThanOrEqual(182);
  expect(line[0]?.[0]).toBeGreaterThanOrEqual((4_000 - 1_810) * 1e6);
});

test("no data is no line, and what is older than the window is not in it", () => {
  expect(sparkline([], 0, 10, BOX)).toBe("");
  expect(sparkline([[1, 80]], 5, 10, BOX)).toBe("");
  expect(sparkline([[1, null]], 0, 10, BOX)).toBe("");
});

test("a steady value is a line in the middle and not mountains of noise", () => {
  const path = sparkline([[0, 97], [10e6, 97.1]], 0, 10e6, BOX);
  const heights = [...path.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y));
  expect(Math.abs(heights[0]! - heights[1]!)).toBeLessThan(2);
});

test("a trend is not drawn across what is missing", () => {
  expect(withGaps([0, 60, 120, 600, 660], [1, 2, 3, 4, 5])).toEqual([[0, 60, 120, 121, 600, 660], [1, 2, 3, null, 4, 5]]);
  expect(withGaps([], [])).toEqual([[], []]);
  expect(withGaps([5], [1])).toEqual([[5], [1]]);
});

test("a limit is drawn where the quantity of the rule is known, and nowhere else", () => {
  expect([judgedBy("ex_tachy"), judgedBy("news2"), judgedBy(undefined)]).toEqual(["heart_rate", undefined, undefined]);
});

test("units are written as people know them, and digits as the quantity deserves", () => {
  expect(["mm[Hg]", "Cel", "%"].map(unitOf)).toEqual(["mmHg", "°C", "%"]);
  expect([numberOf("heart_rate", 79.6), numberOf("temperature", 36.66), numberOf("heart_rate", -0.2)]).toEqual(["80", "36.7", "0"]);
});
