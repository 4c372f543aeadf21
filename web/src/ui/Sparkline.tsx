import { titleOf, type Vital } from "../model/vital.ts";
import { now_s } from "../state/time.ts";
import { sparkline } from "./sparkline.ts";

const BOX = { width: 300, height: 40, edge: 3 };
const SHOWN_US = 30 * 60e6;

/** The last half hour with its limits. It ends now, so that silence is seen as an empty end. */
export function Sparkline({ vital }: { vital: Vital }) {
  const now_us = now_s.value * 1e6;
  if (!vital.spark || vital.spark.length === 0) return null;
  const line = sparkline(vital.spark, now_us - SHOWN_US, now_us, BOX, vital.low, vital.high);
  return (
    <svg class="spark" viewBox={`0 0 ${BOX.width} ${BOX.height}`} preserveAspectRatio="none" role="img" aria-label={`${titleOf(vital.code)}, last 30 minutes`}>
      {[line.low, line.high].map((y, index) =>
        y === undefined ? null : <line key={index} x1="0" x2={BOX.width} y1={y} y2={y} class="spark-limit" />,
      )}
      <path d={line.path} class="spark-line" />
    </svg>
  );
}
