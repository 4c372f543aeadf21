// Where things stand on the escalation time line. Pure.

/** What has happened takes this share of the width; the rest is what is due. */
const PAST = 0.74;

export interface Scale {
  x: (at_us: number) => number;
  now_x: number;
  deadline_x: number | undefined;
}

/**
 * The past is to scale. What is due stands at the end, behind a dashed line that is not: a deadline in ten minutes must not press
 * the first ten seconds together.
 */
export function scale(begin_us: number, now_us: number, deadline_us: number | undefined, width: number, edge: number): Scale {
  const inner = width - 2 * edge;
  const past = deadline_us === undefined ? inner : inner * PAST;
  const span_us = Math.max(now_us - begin_us, 1);
  const x = (at_us: number): number => edge + Math.min(Math.max((at_us - begin_us) / span_us, 0), 1) * past;
  return { x, now_x: edge + past, deadline_x: deadline_us === undefined ? undefined : width - edge };
}
