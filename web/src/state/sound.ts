// What this workstation lets hear: the worst alert that is signalled, the loss of the live connection, reminders.

import { signal } from "@preact/signals";
import { audible, type AudioPause, beginPause } from "../alarm/pause.ts";
import { arm, hush, isArmed, play } from "../alarm/player.ts";
import { type Played, next } from "../alarm/schedule.ts";
import type { Sound } from "../alarm/burst.ts";
import { isSignalled } from "../model/alert.ts";
import { openAlerts } from "./alerts.ts";
import { link } from "./link.ts";
import { isExpired, isWatching } from "./session.ts";
import { clock, now_s } from "./time.ts";

export const armed = signal(false);
export const pause = signal<AudioPause | undefined>(undefined);
/** The burst that was begun last; tests and the sound button look at it. */
export const played = signal<Played | undefined>(undefined);

export async function armSound(): Promise<void> {
  const was = armed.peek();
  armed.value = await arm();
  if (armed.value && !was) play("armed");
}

/**
 * Any gesture arms: nobody should have to look for a button. A click counts once it is complete: the fault that goes away then
 * moves the page, and what was pressed must not be missed.
 */
export function armByGesture(): void {
  for (const gesture of ["click", "keydown"]) addEventListener(gesture, () => void armSound(), true);
}

export function pauseSound(): void {
  if (!clock.isKnown) return;
  const now_us = clock.now_us();
  pause.value = beginPause(openAlerts.peek().filter((alert) => isSignalled(alert, now_us)), now_us);
  hush();
}

export function endPause(): void {
  pause.value = undefined;
}

function wanted(): Sound | undefined {
  if (isExpired.peek()) return "not-live";
  if (!clock.isKnown || !isWatching.peek()) return undefined;
  const now_us = clock.now_us();
  const alarm = audible(openAlerts.peek(), pause.peek(), now_us);
  if (alarm === "high") return alarm;
  if (link.peek().state === "not-live") return "not-live";
  return alarm ?? (pause.peek() || !armed.peek() ? "reminder" : undefined);
}

/** Twice a second, from the worker's tick, so that a hidden tab sounds too. */
export function soundTick(): void {
  armed.value = isArmed();
  const paused = pause.peek();
  if (paused && now_s.peek() * 1e6 >= paused.until_us) endPause();
  const at_ms = performance.now();
  const sound = next(wanted(), played.peek(), at_ms);
  if (sound === undefined) return;
  // Without a gesture this is silent, and the page says so; some browsers allow it on pages that are used a lot.
  if (!armed.value) void armSound();
  play(sound);
  played.value = { sound, at_ms };
}
