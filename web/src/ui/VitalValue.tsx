import { duration } from "../model/words.ts";
import { isStale, numberOf, titleOf, unitOf, type Vital } from "../model/vital.ts";
import { now_s } from "../state/time.ts";
import { Age } from "./Age.tsx";

/** A value with its age, or that there is none: the last number never stands as if it were current. */
export function VitalValue({ vital }: { vital: Vital }) {
  const { code, title, unit, received_us } = vital;
  const now_us = now_s.value * 1e6;
  const name = titleOf(code, title);
  if (isStale(vital, now_us)) {
    return (
      <span class="vital vital-stale" data-code={code}>
        <span class="vital-name">{name}</span>
        <span class="vital-none">no data</span>
        <span class="vital-age">{duration((now_us - received_us) / 1e6)}</span>
      </span>
    );
  }
  return (
    <span class={vital.validity === "valid" ? "vital" : "vital vital-doubted"} data-code={code}>
      <span class="vital-name">
        {name} <span class="vital-unit">{unitOf(unit)}</span>
      </span>
      <Shown vital={vital} />
      <span class="vital-age">
        <Age at_us={received_us} />
        {vital.validity === "questionable" ? " questionable" : ""}
      </span>
    </span>
  );
}

function Shown({ vital: { code, value, word, validity } }: { vital: Vital }) {
  if (validity === "no_signal") return <span class="vital-none">no signal</span>;
  if (validity === "invalid") return <span class="vital-none">invalid</span>;
  if (value !== undefined) return <span class="vital-number">{numberOf(code, value)}</span>;
  return <span class="vital-none named">{word ?? "no value"}</span>;
}
