import type { Alert, AlertFact } from "../../model/alert.ts";
import { isOpen } from "../../model/alert.ts";
import { duration, factWord } from "../../model/words.ts";
import { now_s } from "../../state/time.ts";
import { scale } from "./ladder.ts";
import { tone } from "./tone.ts";

const WIDTH = 640;
const EDGE = 12;
const LINE_Y = 30;

/** The escalation drawn along time: who was asked when, who answered, and what is due next. */
export function Ladder({ facts, alert }: { facts: readonly AlertFact[]; alert: Alert | undefined }) {
  const begin_us = facts[0]?.at_us;
  if (begin_us === undefined) return null;
  const isGoingOn = alert !== undefined && isOpen(alert);
  const last_us = facts[facts.length - 1]?.at_us ?? begin_us;
  const now_us = isGoingOn ? Math.max(now_s.value * 1e6, last_us) : last_us;
  const deadline_us = isGoingOn ? alert.deadline_us : undefined;
  const { x, now_x, deadline_x } = scale(begin_us, now_us, deadline_us, WIDTH, EDGE);
  const due = alert?.state === "waiting" ? "next step" : "answer expires";
  return (
    <figure class="ladder">
      <svg viewBox={`0 0 ${WIDTH} 78`} role="img" aria-label={facts.map((fact) => factWord(fact)).join(", ")}>
        <line x1={EDGE} x2={now_x} y1={LINE_Y} y2={LINE_Y} class="ladder-past" />
        {deadline_x === undefined ? null : (
          <>
            <line x1={now_x} x2={deadline_x} y1={LINE_Y} y2={LINE_Y} class="ladder-due" />
            <line x1={deadline_x} x2={deadline_x} y1={LINE_Y - 14} y2={LINE_Y + 14} class="ladder-due" />
          </>
        )}
        {facts.map((fact, index) => (
          <Mark key={index} at={x(fact.at_us)} fact={fact} />
        ))}
        <line x1={now_x} x2={now_x} y1={LINE_Y - 10} y2={LINE_Y + 10} class="ladder-now" />
        <text x={EDGE} y="72">
          raised
        </text>
        <text x={now_x} y="72" text-anchor={deadline_x === undefined ? "end" : "middle"}>
          {isGoingOn ? `now, +${duration((now_us - begin_us) / 1e6)}` : `closed, +${duration((now_us - begin_us) / 1e6)}`}
        </text>
        {deadline_us === undefined || deadline_x === undefined ? null : (
          <text x={deadline_x} y="72" text-anchor="end">
            {due} in {duration((deadline_us - now_us) / 1e6)}
          </text>
        )}
      </svg>
      <figcaption>
        <span class="key-ask" /> asked <span class="key-answer" /> answered <span class="key-lack" /> nobody answered{" "}
        <span class="key-condition" /> condition
      </figcaption>
    </figure>
  );
}

function Mark({ at, fact }: { at: number; fact: AlertFact }) {
  const kind = tone(fact);
  const title = <title>{factWord(fact)}</title>;
  if (kind === "ask") {
    return (
      <rect x={at - 7} y={LINE_Y - 7} width="14" height="14" rx="3" class="ladder-ask">
        {title}
      </rect>
    );
  }
  return (
    <circle cx={at} cy={LINE_Y} r={kind === "answer" ? 9 : 6} class={`ladder-${kind}`}>
      {title}
    </circle>
  );
}
