import type { Verb } from "../../api/alerts.ts";
import type { Action } from "../../keys/keymap.ts";
import type { Alert, Verdict } from "../../model/alert.ts";
import { allows } from "../../model/verbs.ts";
import { draft } from "../../state/answering.ts";
import { can } from "../../state/session.ts";
import { KeyHint } from "../../ui/KeyHint.tsx";
import { answerIfAllowed } from "./useVerbKeys.ts";

const VERBS: readonly { verb: Verb & Action; title: string }[] = [
  { verb: "acknowledge", title: "Acknowledge" },
  { verb: "accept", title: "Accept" },
  { verb: "reject", title: "Reject" },
  { verb: "escalate", title: "Escalate" },
  { verb: "hand-over", title: "Hand over" },
  { verb: "snooze", title: "Snooze" },
  { verb: "reset", title: "Reset" },
  { verb: "comment", title: "Comment" },
];

const VERDICTS: readonly { verdict: Verdict; action: Action; title: string }[] = [
  { verdict: "true", action: "verdict-true", title: "True" },
  { verdict: "false", action: "verdict-false", title: "False" },
  { verdict: "not_actionable", action: "verdict-not-actionable", title: "Not actionable" },
];

/** What this person can do with this alert now. */
export function VerbButtons({ alert }: { alert: Alert }) {
  const rights = { can: can.value };
  const isSending = draft.value?.isSending === true && draft.value.alert.id === alert.id;
  const verbs = VERBS.filter(({ verb }) => allows(verb, alert, rights));
  return (
    <div class="verbs">
      <div class="answers">
      {verbs.map(({ verb, title }) => (
        <button
          key={verb}
          type="button"
          class={verb === "acknowledge" ? "button button-main" : "button"}
          disabled={isSending}
          onClick={() => answerIfAllowed(verb, alert)}
        >
          {title} <KeyHint action={verb} />
        </button>
      ))}
      </div>
      {allows("dispose", alert, rights) ? (
        <div class="verdicts" role="group" aria-label="What it turned out to be worth">
          <span class="muted">It was</span>
          {VERDICTS.map(({ verdict, action, title }) => (
            <button
              key={verdict}
              type="button"
              class="button"
              aria-pressed={alert.verdict === verdict}
              disabled={isSending}
              onClick={() => answerIfAllowed("dispose", alert, verdict)}
            >
              {title} <KeyHint action={action} />
            </button>
          ))}
        </div>
      ) : null}
    </div>
  );
}
