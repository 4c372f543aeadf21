import { expect, test } from "vitest";
import { DEFAULTS, actionOf, readKeymap, remap } from "../../src/keys/keymap.ts";
import { columnsOf, step } from "../../src/pages/board/layout.ts";
import { pieces } from "../../src/pages/oncall/coverage.ts";
import { scale } from "../../src/pages/alert/ladder.ts";
import { alertPath, parse } from "../../src/router.ts";
import { scrollBy_px, visibleRows } from "../../src/ui/virtual.ts";

test("no two actions have the same key", () => {
  const keys = Object.values(DEFAULTS);
  expect(new Set(keys).size).toBe(keys.length);
});

test("a key that is given away is taken from whoever had it", () => {
  const keymap = remap(DEFAULTS, "escalate", "A");
  expect(actionOf(keymap, "a")).toBe("escalate");
  expect(keymap.acknowledge).toBe("");
  expect(actionOf(remap(keymap, "escalate", ""), "a")).toBeUndefined();
});

test("stored keys that make no sense leave the defaults", () => {
  for (const stored of [null, 7, "a", [], { acknowledge: "ab", escalate: 7, sing: "z", reject: " " }]) {
    expect(readKeymap(stored)).toEqual(DEFAULTS);
  }
  expect(readKeymap({ acknowledge: "q" }).acknowledge).toBe("q");
});

test("paths are pages and everything else is nowhere", () => {
  expect(parse("/")).toEqual({ page: "board" });
  expect(parse("/inbox/")).toEqual({ page: "inbox" });
  expect(parse(alertPath("p-1~2"))).toEqual({ page: "alert", id: "p-1~2" });
  expect(parse(alertPath("device~m/1 ?"))).toEqual({ page: "alert", id: "device~m/1 ?" });
  for (const path of ["/alerts", "/alerts/%zz", "/alerts/a/b", "/etc/passwd", "/inbox/x", "/board"]) {
    expect(parse(path), path).toEqual({ page: "nowhere" });
  }
});

test("rows near the window are drawn and no others", () => {
  expect(visibleRows(5_000, 76, 0, 900, 4)).toEqual({ first: 0, end: 16 });
  expect(visibleRows(5_000, 76, 76_000, 900, 4)).toEqual({ first: 996, end: 1016 });
  expect(visibleRows(5_000, 76, 9_999_999, 900, 4)).toEqual({ first: 5_000, end: 5_000 });
  expect(visibleRows(3, 76, -500, 900, 4)).toEqual({ first: 0, end: 3 });
  expect(visibleRows(0, 76, 0, 900, 4)).toEqual({ first: 0, end: 0 });
});

test("every row can be scrolled to from everywhere, and is drawn then", () => {
  for (const top_px of [-2_000, 0, 500, 40_000]) {
    const by = scrollBy_px(top_px, 76, 900, 100);
    expect(top_px - by).toBeGreaterThanOrEqual(100);
    expect(top_px - by + 76).toBeLessThanOrEqual(900);
  }
});

test("arrows go to the neighbour and stay at the edges", () => {
  expect(step(0, "ArrowRight", 4, 10)).toBe(1);
  expect(step(0, "ArrowLeft", 4, 10)).toBe(0);
  expect(step(1, "ArrowDown", 4, 10)).toBe(5);
  expect(step(8, "ArrowDown", 4, 10)).toBe(8);
  expect(step(3, "End", 4, 10)).toBe(9);
  expect(step(3, "x", 4, 10)).toBeUndefined();
});

test("a phone has one column", () => {
  expect([0, 360, 651, 652, 1_400].map(columnsOf)).toEqual([1, 1, 1, 2, 4]);
});

test("a deadline in ten minutes does not press the first ten seconds together", () => {
  const { x, now_x, deadline_x } = scale(0, 10e6, 610e6, 640, 12);
  expect(x(0)).toBe(12);
  expect(x(10e6)).toBe(now_x);
  expect(now_x).toBeGreaterThan(450);
  expect(deadline_x).toBe(628);
  expect(scale(0, 10e6, undefined, 640, 12)).toMatchObject({ now_x: 628, deadline_x: undefined });
  expect(scale(5, 5, undefined, 640, 12).x(5)).toBe(12);
});

test("gaps are drawn where they are, cut to the days that are shown, and never too thin to be seen", () => {
  const gap = (from_us: number, to_us: number) => ({ unit: "u", role: "r", from_us, to_us, unreachable: [] });
  const day = 86_400e6;
  const drawn = pieces([gap(-day, day), gap(7 * day, 7 * day + 1), gap(13.99 * day, 20 * day), gap(15 * day, 16 * day)], 0);
  expect(drawn.map(({ left_percent }) => Math.round(left_percent))).toEqual([0, 50, 99]);
  expect(Math.round(drawn[0]!.width_percent)).toBe(7);
  for (const { left_percent, width_percent } of drawn) {
    expect(width_percent).toBeGreaterThanOrEqual(0.6);
    expect(left_percent + width_percent).toBeLessThanOrEqual(100.000001);
  }
});
