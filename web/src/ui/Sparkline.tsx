import { titleOf, type Vital } from "../model/vital.ts";
import { now_s } from "../state/time.ts";
import { sparkline } from "./sparkline.ts";

const BOX = { width: 300, height: 40, edge: 3 };
const SHOWN_US = 30 * 60e6;

/** The last half hour. It ends now, so that silence is seen as an empty end. */
export function Sparkline({ vital }: { vital: Vital }) {
  if (vital.line.length === 0) return null;
  // The line is in device time: a device's clock that is off must not push it out of sight.
  const now_us = now_s.value * 1e6 - (vital.received_us - vital.at_us);
  const path = sparkline(vital.line, now_us - SHOWN_US, now_us, BOX);
  const name = `${titleOf(vital.code, vital.title)}, last 30 minutes`;
  return (
    <span class="spark-of">
      <svg class="spark" viewBox={`0 0 ${BOX.width} ${BOX.height}`} preserveAspectRatio="none" role="img" aria-label={name}>
        <path d={path} class="spark-line" />
      </svg>
    </span>
  );
}
