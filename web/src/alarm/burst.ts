// Auditory signals after IEC 60601-1-8: what a burst of each priority sounds like. Pure: times and tones.

import type { Priority } from "../model/alert.ts";

export interface Pulse {
  /** Since the burst began. */
  at_ms: number;
  lasts_ms: number;
  /** Fundamental; the player adds harmonics. */
  frequency_hz: number;
}

export type Sound = Priority | "not-live" | "reminder" | "armed";

function pulses(lasts_ms: number, frequency_hz: number, gaps_ms: readonly number[]): Pulse[] {
  let at_ms = 0;
  return [{ at_ms, lasts_ms, frequency_hz }].concat(
    gaps_ms.map((gap_ms) => {
      at_ms += lasts_ms + gap_ms;
      return { at_ms, lasts_ms, frequency_hz };
    }),
  );
}

// High: two groups of three and two. The third gap is twice the spacing and a pulse; 0.7 s lie between the groups.
const HIGH_GAPS_MS = [90, 90, 330, 90, 700, 90, 90, 330, 90];

const BURSTS: Record<Sound, readonly Pulse[]> = {
  high: pulses(150, 660, HIGH_GAPS_MS),
  medium: pulses(200, 523, [200, 200]),
  low: pulses(200, 392, [200]),
  // Falling, unlike any alarm: the alarms are what cannot be heard now.
  "not-live": [
    { at_ms: 0, lasts_ms: 350, frequency_hz: 784 },
    { at_ms: 400, lasts_ms: 600, frequency_hz: 392 },
  ],
  reminder: pulses(120, 330, []),
  armed: pulses(90, 523, []),
};

/** From the begin of one burst to the begin of the next. */
const PERIODS_MS: Record<Sound, number> = {
  high: 7_000,
  medium: 12_000,
  low: 24_000,
  "not-live": 10_000,
  reminder: 30_000,
  armed: Number.POSITIVE_INFINITY,
};

export const burst = (sound: Sound): readonly Pulse[] => BURSTS[sound];

export const period_ms = (sound: Sound): number => PERIODS_MS[sound];

export function lasts_ms(sound: Sound): number {
  return Math.max(...BURSTS[sound].map((pulse) => pulse.at_ms + pulse.lasts_ms));
}
