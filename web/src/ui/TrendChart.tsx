import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Trend } from "../api/board.ts";
import { titleOf, unitOf } from "../model/vital.ts";
import { theme } from "../state/settings.ts";
import { withGaps } from "./trend.ts";

const HEIGHT = 170;

export interface Mark {
  at_us: number;
  priority: "high" | "medium" | "low";
}

interface Props {
  trend: Trend;
  from_us: number;
  until_us: number;
  limit?: number;
  marks?: readonly Mark[];
}

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The mean over time with the range of each stretch, the limit and the alerts. */
export function TrendChart({ trend, from_us, until_us, limit, marks = [] }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const isDark = theme.value === "dark";
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const draw = (chart: uPlot) => drawOver(chart, limit, marks);
    const chart = new uPlot(optionsOf(trend, element.clientWidth, [from_us, until_us], limit, draw), dataOf(trend), element);
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [trend, limit, marks, isDark, from_us, until_us]);
  const least = Math.min(...trend.min);
  const most = Math.max(...trend.max);
  const name = titleOf(trend.code, trend.title);
  const said = trend.at_us.length === 0 ? `${name}: nothing in this time` : `${name}: from ${least} to ${most} ${unitOf(trend.unit)}`;
  return (
    <figure class="trend">
      <figcaption>
        <strong>{name}</strong> <span class="muted">{unitOf(trend.unit)}</span>
        {trend.at_us.length === 0 ? <span class="muted"> nothing in this time</span> : null}
      </figcaption>
      <div ref={place} role="img" aria-label={said} />
    </figure>
  );
}

function dataOf({ at_us, mean, min, max }: Trend): uPlot.AlignedData {
  const at_s = at_us.map((at) => at / 1e6);
  const [times, means] = withGaps(at_s, mean);
  return [times, means, withGaps(at_s, min)[1], withGaps(at_s, max)[1]];
}

const DAY_US = 86_400e6;
const hourFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const hour = (at_s: number): string => hourFormat.format(at_s * 1000);
const day = (at_s: number): string => dayFormat.format(at_s * 1000);

type Draw = (chart: uPlot) => void;

function optionsOf(trend: Trend, width: number, [from_us, until_us]: [number, number], limit: number | undefined, draw: Draw): uPlot.Options {
  const [text, line, trace] = ["--on-quiet", "--line", "--trace"].map(colour) as [string, string, string];
  const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line }, font: "12px Inter Variable, sans-serif" };
  const shade = { stroke: "transparent", width: 0, points: { show: false } };
  // The limit is always in sight.
  const all = [...trend.min, ...trend.max, ...(limit === undefined ? [] : [limit])];
  const [least, most] = all.length === 0 ? [0, 1] : [Math.min(...all), Math.max(...all)];
  const edge = Math.max((most - least) * 0.1, 1);
  return {
    width,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    legend: { show: false },
    scales: { x: { time: true, range: [from_us / 1e6, until_us / 1e6] }, y: { range: [least - edge, most + edge] } },
    axes: [{ ...axis, values: (_, at_s) => at_s.map(until_us - from_us > 2 * DAY_US ? day : hour) }, { ...axis, size: 44 }],
    series: [{}, { stroke: trace, width: 1.8, points: { show: trend.at_us.length < 3 } }, shade, shade],
    bands: [{ series: [3, 2], fill: `${trace}38` }],
    hooks: { draw: [draw] },
  };
}

/** What a line alone does not say: the limit, dashed, and where alerts set in. */
function drawOver({ ctx, bbox, valToPos }: uPlot, limit: number | undefined, marks: readonly Mark[]): void {
  ctx.save();
  ctx.lineWidth = 2 * devicePixelRatio;
  for (const { at_us, priority } of marks) {
    const x = valToPos(at_us / 1e6, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colour(`--${priority}`);
    stroke(ctx, x, bbox.top, x, bbox.top + bbox.height);
  }
  if (limit !== undefined) {
    const y = valToPos(limit, "y", true);
    ctx.strokeStyle = colour("--on-surface");
    ctx.setLineDash([6 * devicePixelRatio, 5 * devicePixelRatio]);
    stroke(ctx, bbox.left, y, bbox.left + bbox.width, y);
  }
  ctx.restore();
}

function stroke(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}
