import { titleOf } from "../../model/vital.ts";
import { vitalsOf } from "../../state/vitals.ts";
import { Sparkline } from "../../ui/Sparkline.tsx";
import { VitalValue } from "../../ui/VitalValue.tsx";

/** The newest values with their ages, and what this page has heard of them in the last half hour. */
export function Values({ id }: { id: string }) {
  const vitals = vitalsOf(id).value;
  return (
    <section class="card" aria-labelledby="values">
      <h2 id="values">Values</h2>
      {vitals.length === 0 ? <p class="muted">No values: nothing was heard of this patient, or you may not see them.</p> : null}
      <ul class="value-rows">
        {vitals.map((vital) => (
          <li key={vital.code} class="value-row" aria-label={titleOf(vital.code, vital.title)}>
            <VitalValue vital={vital} />
            <Sparkline vital={vital} />
          </li>
        ))}
      </ul>
    </section>
  );
}
