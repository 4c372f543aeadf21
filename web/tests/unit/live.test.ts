import { expect, test } from "vitest";
import { ServerClock } from "../../src/live/clock.ts";
import { liveness, retryDelay_ms, slept } from "../../src/live/liveness.ts";

const at = (ms: number) => ({ ms });

test("ages come from the server's clock whatever the browser's says", () => {
  const monotonic = at(5_000);
  const clock = new ServerClock(() => monotonic.ms);
  clock.heard(1_795_507_200_000_000);
  monotonic.ms += 42_000;
  expect(clock.now_us()).toBe(1_795_507_242_000_000);
});

test("a message that was long on its way does not set the clock back", () => {
  const monotonic = at(0);
  const clock = new ServerClock(() => monotonic.ms);
  clock.heard(100e6);
  monotonic.ms = 10_000;
  // Sent at 105 s by the server's clock, delivered 5 s later.
  clock.heard(105e6);
  expect(clock.now_us()).toBe(110e6);
});

test("a clock that ran too fast is found out within the samples that are kept", () => {
  const monotonic = at(0);
  const clock = new ServerClock(() => monotonic.ms);
  clock.heard(100e6);
  for (let keepalive = 1; keepalive <= 24; keepalive++) {
    monotonic.ms = keepalive * 5_000;
    clock.heard(100e6 + keepalive * 4.99e6);
  }
  expect(Math.abs(clock.now_us() - (100e6 + 24 * 4.99e6))).toBeLessThan(0.25e6);
});

test("after a sleep the last sample alone counts, and the first message corrects it", () => {
  const monotonic = at(0);
  const clock = new ServerClock(() => monotonic.ms);
  clock.heard(100e6);
  clock.forget();
  clock.heard(3_700e6);
  expect(clock.now_us()).toBe(3_700e6);
});

test("silence of 12 s is not live, and a byte before that is live", () => {
  expect(liveness({ isOpen: true, closed_ms: 0, silent_ms: 11_999 })).toBe("live");
  expect(liveness({ isOpen: true, closed_ms: 0, silent_ms: 12_000 })).toBe("not-live");
});

test("a silence is not ended by a new attempt, only by a byte", () => {
  expect(liveness({ isOpen: false, closed_ms: 0, silent_ms: 12_000 })).toBe("not-live");
  expect(liveness({ isOpen: true, closed_ms: 0, silent_ms: 15_000 })).toBe("not-live");
});

test("a connection that breaks has three seconds to come back", () => {
  expect(liveness({ isOpen: false, closed_ms: 2_999, silent_ms: 4_000 })).toBe("reconnecting");
  expect(liveness({ isOpen: false, closed_ms: 3_000, silent_ms: 4_000 })).toBe("not-live");
});

test("an open connection that said nothing yet is not live", () => {
  expect(liveness({ isOpen: true, closed_ms: 0, silent_ms: undefined })).toBe("starting");
  expect(liveness({ isOpen: true, closed_ms: 3_000, silent_ms: undefined })).toBe("not-live");
});

test("a laptop that slept is found by either clock, and a busy one is not taken for it", () => {
  expect(slept(500, 3_600_000, 510)).toBe(true);
  expect(slept(500, 3_600_000, 3_600_000)).toBe(true);
  expect(slept(500, -3_600_000, 510)).toBe(true);
  expect(slept(500, 2_000, 2_000)).toBe(false);
});

test("attempts are spread, and never more than three seconds apart", () => {
  for (let attempt = 0; attempt < 40; attempt++) {
    expect(retryDelay_ms(attempt, 0.999)).toBeLessThanOrEqual(3_000);
    expect(retryDelay_ms(attempt, 0)).toBeGreaterThanOrEqual(125);
  }
});
