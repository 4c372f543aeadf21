import { expect, test } from "vitest";
import { burst, lasts_ms, period_ms } from "../../src/alarm/burst.ts";
import { audible, beginPause, PAUSE_S_MAX } from "../../src/alarm/pause.ts";
import { next } from "../../src/alarm/schedule.ts";
import { anAlert } from "../fixture/ward.ts";

const NOW_US = Date.now() * 1000;

test("a high burst has ten pulses in two equal groups of three and two, a medium three, a low two", () => {
  expect(["high", "medium", "low"].map((priority) => burst(priority as "high").length)).toEqual([10, 3, 2]);
  const high = burst("high");
  const [first, second] = [high.slice(0, 5), high.slice(5)];
  const begin = second[0]?.at_ms ?? 0;
  expect(second.map((pulse) => pulse.at_ms - begin)).toEqual(first.map((pulse) => pulse.at_ms));
});

test("pulses, spacings and periods lie within IEC 60601-1-8", () => {
  for (const priority of ["high", "medium", "low"] as const) {
    for (const { frequency_hz, lasts_ms } of burst(priority)) {
      expect(frequency_hz).toBeGreaterThanOrEqual(150);
      expect(frequency_hz).toBeLessThanOrEqual(1000);
      const [least, most] = priority === "high" ? [75, 200] : [125, 250];
      expect(lasts_ms).toBeGreaterThanOrEqual(least);
      expect(lasts_ms).toBeLessThanOrEqual(most);
    }
  }
  const gaps = burst("high").slice(1).map((pulse, index) => pulse.at_ms - burst("high")[index]!.at_ms - 150);
  expect(gaps[0]).toBeGreaterThanOrEqual(50);
  expect(gaps[0]).toBeLessThanOrEqual(125);
  expect(gaps[2]).toBe(2 * gaps[0]! + 150);
  expect(gaps[4]).toBeGreaterThanOrEqual(350);
  expect(gaps[4]).toBeLessThanOrEqual(1300);
  const between = (priority: "high" | "medium" | "low") => period_ms(priority) - lasts_ms(priority);
  expect(between("high")).toBeLessThanOrEqual(15_000);
  expect(between("high")).toBeGreaterThanOrEqual(2_500);
  expect(between("medium")).toBeLessThanOrEqual(30_000);
  expect(between("low")).toBeGreaterThanOrEqual(15_000);
});

test("the worst alert that nobody answered is heard, and an acknowledged, snoozed or held one is not", () => {
  const medium = anAlert("p-1", 1, "medium");
  expect(audible([anAlert("p-2", 1, "low"), medium], undefined, NOW_US)).toBe("medium");
  expect(audible([{ ...medium, state: "acknowledged" }], undefined, NOW_US)).toBeUndefined();
  expect(audible([{ ...medium, held: true }], undefined, NOW_US)).toBeUndefined();
  expect(audible([{ ...medium, snoozed_until_us: NOW_US + 1 }], undefined, NOW_US)).toBeUndefined();
  expect(audible([{ ...medium, snoozed_until_us: NOW_US }], undefined, NOW_US)).toBe("medium");
  expect(audible([{ ...medium, state: "accepted" }], undefined, NOW_US)).toBe("medium");
  expect(audible([{ ...medium, state: "closed" }], undefined, NOW_US)).toBeUndefined();
});

test("an audio pause silences what is known, and nothing that is new or became worse", () => {
  const low = anAlert("p-1", 1, "low");
  const pause = beginPause([low], NOW_US);
  expect(audible([low], pause, NOW_US + 1)).toBeUndefined();
  expect(audible([low, anAlert("p-2", 1, "low")], pause, NOW_US + 1)).toBe("low");
  expect(audible([{ ...low, priority: "high" }], pause, NOW_US + 1)).toBe("high");
  expect(audible([{ ...low, round: 2 }], pause, NOW_US + 1)).toBe("low");
});

test("an audio pause lasts 120 s at most", () => {
  const high = anAlert("p-1", 1, "high");
  const pause = beginPause([high], NOW_US, 9_999);
  expect(pause.until_us - NOW_US).toBe(PAUSE_S_MAX * 1e6);
  expect(audible([high], pause, pause.until_us - 1)).toBeUndefined();
  expect(audible([high], pause, pause.until_us)).toBe("high");
});

test("what is more urgent sounds at once, the same after its period, what is less urgent once that is over", () => {
  expect(next("medium", undefined, 0)).toBe("medium");
  expect(next("medium", { sound: "medium", at_ms: 0 }, 5_000)).toBeUndefined();
  expect(next("medium", { sound: "medium", at_ms: 0 }, period_ms("medium"))).toBe("medium");
  expect(next("high", { sound: "medium", at_ms: 0 }, 10)).toBe("high");
  expect(next("low", { sound: "high", at_ms: 0 }, 100)).toBeUndefined();
  expect(next("low", { sound: "high", at_ms: 0 }, lasts_ms("high") + 1_000)).toBe("low");
  expect(next("low", { sound: "reminder", at_ms: 0 }, 10)).toBe("low");
  expect(next(undefined, { sound: "high", at_ms: 0 }, 99_999)).toBeUndefined();
});
