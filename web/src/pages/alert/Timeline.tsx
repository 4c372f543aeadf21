import type { Alert, AlertFact } from "../../model/alert.ts";
import { duration, factWord, moment, people } from "../../model/words.ts";
import { now_s } from "../../state/time.ts";
import { Ladder } from "./Ladder.tsx";
import { tone } from "./tone.ts";

/** Everything that happened to the alert, oldest first, with how long it took. */
export function Timeline({ facts, alert }: { facts: readonly AlertFact[]; alert: Alert | undefined }) {
  const begin_us = facts[0]?.at_us ?? 0;
  return (
    <section class="card" aria-labelledby="timeline">
      <h2 id="timeline">What happened</h2>
      <Ladder facts={facts} alert={alert} />
      <ol class="timeline">
        {facts.map((fact, index) => (
          <li key={index} class={`fact fact-${tone(fact)}`}>
            <time>{moment(fact.at_us, now_s.value * 1e6)}</time>
            <span class="fact-after">+{duration((fact.at_us - begin_us) / 1e6)}</span>
            <span class="fact-what">
              <strong>{factWord(fact)}</strong> <Details fact={fact} />
              {fact.reason ? <q class="said">{fact.reason}</q> : null}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Details({ fact }: { fact: AlertFact }) {
  const parts = [
    fact.by ? `by ${fact.by}` : "",
    fact.people && fact.people.length > 0 ? people(fact.people) : "",
    fact.step !== undefined && fact.what === "step_entered" ? `round ${fact.round ?? 1}, step ${fact.step}` : "",
    (fact.lateness_ms ?? 0) > 0 ? `${fact.lateness_ms} ms late` : "",
    fact.what === "raised" && fact.rule ? fact.rule : "",
  ].filter((part) => part !== "");
  return <span class="said">{parts.join(" · ")}</span>;
}
