import type { Alert } from "../../model/alert.ts";
import { moment } from "../../model/words.ts";
import { now_s } from "../../state/time.ts";

const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 2 });

/** What is known of why it fired. What this role may not see, or the rule does not have, is left out. */
export function Why({ alert }: { alert: Alert }) {
  const now_us = now_s.value * 1e6;
  const rows: [string, string | undefined][] = [
    ["Rule", alert.rule === undefined ? undefined : `${alert.rule}, version ${alert.rule_version ?? "?"}`],
    ["Kind", alert.kind],
    ["Value", alert.value === undefined ? undefined : number.format(alert.value)],
    ["Limit", alert.limit === undefined ? undefined : number.format(alert.limit)],
    ["Began", alert.start_us === undefined ? undefined : `${moment(alert.start_us, now_us)} by the device`],
    ["Determined", alert.onset_us === undefined ? undefined : `${moment(alert.onset_us, now_us)} by the device`],
    ["Raised", `${moment(alert.raised_at_us, now_us)} by the server`],
    ["Device", alert.device || undefined],
    ["May be lethal", alert.lethal ? "yes" : undefined],
    ["Latching", alert.latching ? "stays until reset" : undefined],
    ["Set in again", alert.folds > 0 ? `${alert.folds} times` : undefined],
    ["Disputed", alert.disputed ? "stands on readings of the wrong patient" : undefined],
  ];
  return (
    <section class="card" aria-labelledby="why">
      <h2 id="why">Why</h2>
      <dl class="facts">
        {rows.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="said">{value}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}
