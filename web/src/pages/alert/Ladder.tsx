import type { Alert, AlertFact } from "../../model/alert.ts";
import { isOpen } from "../../model/alert.ts";
import { duration, factWord } from "../../model/words.ts";
import { now_s } from "../../state/time.ts";
import { tone } from "./Timeline.tsx";

const WIDTH = 640;
const HEIGHT = 72;
const EDGE = 14;

/** The escalation drawn along time: who was asked when, who answered, and the next deadline. */
export function Ladder({ facts, alert }: { facts: readonly AlertFact[]; alert: Alert | undefined }) {
  const begin_us = facts[0]?.at_us;
  if (begin_us === undefined) return null;
  const now_us = now_s.value * 1e6;
  const isGoingOn = alert !== undefined && isOpen(alert);
  const deadline_us = isGoingOn ? alert.deadline_us : undefined;
  const last_us = facts[facts.length - 1]?.at_us ?? begin_us;
  const end_us = Math.max(last_us, deadline_us ?? 0, isGoingOn ? now_us : 0, begin_us + 10e6);
  const x = (at_us: number): number => EDGE + ((at_us - begin_us) / (end_us - begin_us)) * (WIDTH - 2 * EDGE);
  const said = `Over ${duration((end_us - begin_us) / 1e6)}: ${facts.map((fact) => factWord(fact)).join(", ")}.`;
  return (
    <svg class="ladder" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={said}>
      <line x1={EDGE} x2={WIDTH - EDGE} y1="36" y2="36" class="ladder-base" />
      <line x1={x(begin_us)} x2={x(isGoingOn ? now_us : last_us)} y1="36" y2="36" class="ladder-past" />
      {facts.map((fact, index) => (
        <Mark key={index} at={x(fact.at_us)} fact={fact} />
      ))}
      {deadline_us === undefined ? null : (
        <g class="ladder-deadline">
          <line x1={x(deadline_us)} x2={x(deadline_us)} y1="18" y2="54" />
          <text x={Math.min(x(deadline_us), WIDTH - 4)} y="68" text-anchor="end">
            {alert?.state === "waiting" ? "next step" : "expires"}
          </text>
        </g>
      )}
    </svg>
  );
}

function Mark({ at, fact }: { at: number; fact: AlertFact }) {
  const kind = tone(fact);
  const title = <title>{factWord(fact)}</title>;
  if (kind === "ask") {
    return (
      <rect x={at - 6} y="30" width="12" height="12" rx="2" class="ladder-ask">
        {title}
      </rect>
    );
  }
  return (
    <circle cx={at} cy="36" r={kind === "answer" ? 8 : 5} class={`ladder-${kind}`}>
      {title}
    </circle>
  );
}
