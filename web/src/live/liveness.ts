// Whether what is shown is what is so. A pure decision; the clock and the connection are elsewhere.

/** The server sends a keepalive every 5 s. */
export const SILENT_MS_MAX = 12_000;
/** A connection that broke is tried again at once; beyond that it is not live. */
export const BROKEN_MS_MAX = 3_000;
/** A clock that jumps ahead by more has slept. */
export const SLEPT_MS_MIN = 3_000;

export interface Heard {
  /** A stream is open. */
  isOpen: boolean;
  /** Since the stream broke, or since the first attempt. */
  closed_ms: number;
  /** Since the last byte; undefined: there was none yet, or none since a sleep. */
  silent_ms: number | undefined;
}

export type Liveness = "starting" | "live" | "reconnecting" | "not-live";

export function liveness({ isOpen, closed_ms, silent_ms }: Heard): Liveness {
  if (silent_ms !== undefined && silent_ms >= SILENT_MS_MAX) return "not-live";
  if (isOpen && silent_ms !== undefined) return "live";
  if (closed_ms >= BROKEN_MS_MAX) return "not-live";
  return silent_ms === undefined ? "starting" : "reconnecting";
}

/** Whether the machine slept between two ticks: either clock tells, since one of them may stand still meanwhile. */
export function slept(tick_ms: number, wall_ms: number, monotonic_ms: number): boolean {
  return Math.max(Math.abs(wall_ms), monotonic_ms) > tick_ms + SLEPT_MS_MIN;
}

/** How long to wait before the n-th attempt (from 0), with `chance` in [0, 1). */
export function retryDelay_ms(attempt: number, chance: number): number {
  const most = Math.min(250 * 2 ** attempt, 3_000);
  return most / 2 + (most / 2) * chance;
}
