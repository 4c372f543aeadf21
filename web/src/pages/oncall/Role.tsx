import type { Gap, InRole } from "../../api/oncall.ts";
import { moment } from "../../model/words.ts";
import { now_s } from "../../state/time.ts";
import { DAYS, pieces } from "./coverage.ts";

/** One role of a unit: its people now, and its gaps. */
export function Role({ role, gaps }: { role: InRole; gaps: readonly Gap[] }) {
  const now_us = now_s.value * 1e6;
  return (
    <section class="card" aria-label={`${role.role}, ${role.unit}`}>
      <h2>
        {role.role} <span class="muted">{role.unit}</span>
      </h2>
      <p>
        {role.people.length === 0 ? <strong class="lacks">Nobody is on call</strong> : null}
        {role.people.map((person) => (
          <span key={person} class="on-call">
            <strong>{person}</strong> {role.reachable.includes(person) ? null : <span class="lacks">cannot be reached</span>}
          </span>
        ))}
      </p>
      <div class="coverage" role="img" aria-label={gaps.length === 0 ? "Covered for 14 days" : `${gaps.length} gaps in 14 days`}>
        {pieces(gaps, now_us).map(({ left_percent, width_percent, gap }) => (
          <span key={gap.from_us} class="coverage-gap" style={{ left: `${left_percent}%`, width: `${width_percent}%` }} />
        ))}
        {Array.from({ length: DAYS - 1 }, (_, day) => (
          <span key={day} class="coverage-day" style={{ left: `${((day + 1) / DAYS) * 100}%` }} />
        ))}
      </div>
      <ul>
        {gaps.map((gap) => (
          <li key={gap.from_us}>
            {moment(gap.from_us, now_us)} to {moment(gap.to_us, now_us)}:{" "}
            {gap.unreachable.length === 0 ? "nobody is on call" : `${gap.unreachable.join(", ")} cannot be reached`}
          </li>
        ))}
      </ul>
    </section>
  );
}
