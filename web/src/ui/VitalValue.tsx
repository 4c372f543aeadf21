import { duration } from "../model/words.ts";
import { isOutside, isStale, numberOf, titleOf, unitOf, type Vital } from "../model/vital.ts";
import { now_s } from "../state/time.ts";
import { Age } from "./Age.tsx";

/** A value with its age, or that there is none: the last number never stands as if it were current. */
export function VitalValue({ vital }: { vital: Vital }) {
  const now_us = now_s.value * 1e6;
  const { code, value } = vital;
  if (isStale(vital, now_us)) {
    return (
      <span class="vital vital-stale" data-code={code}>
        <span class="vital-name">{titleOf(code)}</span>
        <span class="vital-none">no data</span>
        <span class="vital-age">{duration((now_us - vital.received_at_us) / 1e6)}</span>
      </span>
    );
  }
  return (
    <span class={isOutside(vital) ? "vital vital-outside" : "vital"} data-code={code}>
      <span class="vital-name">
        {titleOf(code)} <Limits vital={vital} />
      </span>
      <span class="vital-number">
        {value === undefined ? (vital.text ?? "–") : numberOf(code, value)}
        <span class="vital-unit">{unitOf(vital.unit)}</span>
      </span>
      <span class="vital-age">
        <Age at_us={vital.received_at_us} />
      </span>
    </span>
  );
}

function Limits({ vital: { code, low, high } }: { vital: Vital }) {
  if (low === undefined && high === undefined) return null;
  const words = [low === undefined ? "" : `≥${numberOf(code, low)}`, high === undefined ? "" : `≤${numberOf(code, high)}`];
  return <span class="vital-limits">{words.filter((word) => word !== "").join(" ")}</span>;
}
