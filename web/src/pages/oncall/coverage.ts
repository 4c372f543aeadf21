// The next 14 days of one role as a bar. Pure.

import type { Gap } from "../../api/oncall.ts";

export const DAYS = 14;
const DAY_US = 86_400e6;
/** A short gap is still wide enough to be seen. */
const WIDTH_PERCENT_MIN = 0.6;

export interface Piece {
  left_percent: number;
  width_percent: number;
  gap: Gap;
}

/** Gaps within the days that are shown. */
export function pieces(gaps: readonly Gap[], from_us: number): Piece[] {
  const span_us = DAYS * DAY_US;
  return gaps.flatMap((gap) => {
    const begin = Math.max(gap.from_us, from_us);
    const end = Math.min(gap.to_us, from_us + span_us);
    if (end <= begin) return [];
    const width_percent = Math.max(((end - begin) / span_us) * 100, WIDTH_PERCENT_MIN);
    const left_percent = Math.min(((begin - from_us) / span_us) * 100, 100 - width_percent);
    return [{ left_percent, width_percent, gap }];
  });
}
