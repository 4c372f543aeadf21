// An audio pause is the workstation's, lasts 120 s at most, and never silences what is new or became worse. Pure.

import { type Alert, isSignalled, type Priority } from "../model/alert.ts";
import { rank } from "../model/order.ts";

export const PAUSE_S_MAX = 120;

export interface AudioPause {
  until_us: number;
  /** What was signalled when the pause began, and how. */
  known: ReadonlyMap<string, { priority: Priority; round: number }>;
}

export function beginPause(signalled: readonly Alert[], now_us: number, seconds = PAUSE_S_MAX): AudioPause {
  const lasts_s = Math.min(Math.max(seconds, 0), PAUSE_S_MAX);
  return {
    until_us: now_us + lasts_s * 1e6,
    known: new Map(signalled.map(({ id, priority, round }) => [id, { priority, round }])),
  };
}

function isPaused(alert: Alert, pause: AudioPause | undefined, now_us: number): boolean {
  if (!pause || now_us >= pause.until_us) return false;
  const known = pause.known.get(alert.id);
  return known !== undefined && rank(alert.priority) >= rank(known.priority) && alert.round <= known.round;
}

/** The priority that is to be heard now: that of the worst alert that is signalled and not paused. */
export function audible(alerts: readonly Alert[], pause: AudioPause | undefined, now_us: number): Priority | undefined {
  let worst: Priority | undefined;
  for (const alert of alerts) {
    if (!isSignalled(alert, now_us) || isPaused(alert, pause, now_us)) continue;
    if (worst === undefined || rank(alert.priority) < rank(worst)) worst = alert.priority;
  }
  return worst;
}
