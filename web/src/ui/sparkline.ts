// The line of a sparkline. Pure.

export interface Box {
  width: number;
  height: number;
  edge: number;
}

export interface Line {
  /** An SVG path: a gap in the data is a gap in the line, never a bridge. */
  path: string;
  /** Where the limits are, if they are within what is drawn. */
  low?: number;
  high?: number;
  end?: { x: number; y: number };
}

type Points = readonly (readonly [number, number | null])[];

export function sparkline(points: Points, from_us: number, to_us: number, box: Box, low?: number, high?: number): Line {
  const values = points.flatMap(([at_us, value]) => (value === null || at_us < from_us ? [] : [value]));
  if (values.length === 0) return { path: "" };
  // Limits are drawn in where they are near: a far one would flatten the line.
  const range = Math.max(Math.max(...values) - Math.min(...values), Math.abs(values[0] as number) * 0.1, 1);
  const near = [low, high].filter((limit) => limit !== undefined && values.some((value) => Math.abs(value - limit) <= range));
  const all = values.concat(near as number[]);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const span = most - least || 1;
  const x = (at_us: number): number => box.edge + ((at_us - from_us) / (to_us - from_us)) * (box.width - 2 * box.edge);
  const y = (value: number): number => box.height - box.edge - ((value - least) / span) * (box.height - 2 * box.edge);
  let path = "";
  let isDown = false;
  let end: Line["end"];
  for (const [at_us, value] of points) {
    if (at_us < from_us) continue;
    if (value === null) {
      isDown = false;
      continue;
    }
    end = { x: round(x(at_us)), y: round(y(value)) };
    path += `${isDown ? "L" : "M"}${end.x} ${end.y}`;
    // A lone value is a dot.
    if (!isDown) path += "h.01";
    isDown = true;
  }
  const drawn = (limit: number | undefined) => (limit !== undefined && near.includes(limit) ? round(y(limit)) : undefined);
  return { path, low: drawn(low), high: drawn(high), end };
}

const round = (value: number): number => Math.round(value * 10) / 10;
