// The line of a sparkline. Pure.

import type { Point } from "../model/vital.ts";

export interface Box {
  width: number;
  height: number;
  edge: number;
}

/** An SVG path: a gap in the data is a gap in the line, never a bridge. Empty: nothing was measured in that time. */
export function sparkline(points: readonly Point[], from_us: number, to_us: number, box: Box): string {
  const drawn = points.filter(([at_us]) => at_us >= from_us);
  const values = drawn.flatMap(([, value]) => (value === null ? [] : [value]));
  if (values.length === 0) return "";
  const least = Math.min(...values);
  // A steady value is a line in the middle and no mountains of noise.
  const span = Math.max(Math.max(...values) - least, Math.abs(least) * 0.04, 0.1);
  const middle = (Math.max(...values) + least) / 2;
  const x = (at_us: number): number => box.edge + ((at_us - from_us) / (to_us - from_us)) * (box.width - 2 * box.edge);
  const y = (value: number): number => box.height / 2 - ((value - middle) / span) * (box.height - 2 * box.edge);
  let path = "";
  let isDown = false;
  for (const [at_us, value] of drawn) {
    if (value !== null) {
      // A lone value is a dot.
      path += `${isDown ? "L" : "M"}${round(x(at_us))} ${round(y(value))}${isDown ? "" : "h.01"}`;
    }
    isDown = value !== null;
  }
  return path;
}

const round = (value: number): number => Math.round(value * 10) / 10;
