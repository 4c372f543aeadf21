// What a trend needs, apart from drawing. Pure.

/** A null goes where the next value comes much later than values do here, so that no line bridges what is missing. */
export function withGaps(at: readonly number[], values: readonly number[]): [number[], (number | null)[]] {
  const steps = at.slice(1).map((time, index) => time - (at[index] as number)).sort((a, b) => a - b);
  const usual = steps[Math.floor(steps.length / 2)] ?? 0;
  const times: number[] = [];
  const points: (number | null)[] = [];
  at.forEach((time, index) => {
    const before = at[index - 1];
    if (before !== undefined && time - before > 3 * usual) {
      times.push(before + 1);
      points.push(null);
    }
    times.push(time);
    points.push(values[index] ?? null);
  });
  return [times, points];
}
