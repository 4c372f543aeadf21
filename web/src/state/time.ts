import { signal } from "@preact/signals";
import { ServerClock } from "../live/clock.ts";

/** The server's clock. Nothing on the screen comes from the browser's. */
export const clock = new ServerClock(() => performance.now());

/** Whole seconds of the server's clock; whoever reads it is drawn anew each second. */
export const now_s = signal(0);

/** Called on each tick of the worker, and whenever the server says what time it is. */
export function tick(): void {
  if (clock.isKnown) now_s.value = Math.floor(clock.now_us() / 1e6);
}

export function heardTime(now_us: number | undefined): void {
  if (now_us === undefined) return;
  clock.heard(now_us);
  tick();
}
