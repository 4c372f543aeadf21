import { useEffect, useRef } from "preact/hooks";
import type { Verb } from "../../api/alerts.ts";
import { bind } from "../../keys/listen.ts";
import type { Alert, Verdict } from "../../model/alert.ts";
import { allows, whyNot } from "../../model/verbs.ts";
import { begin, outcome } from "../../state/answering.ts";
import { can } from "../../state/session.ts";

/** The keys of the verbs act on this alert while the component is shown. */
export function useVerbKeys(alert: Alert | undefined): void {
  const held = useRef(alert);
  held.current = alert;
  useEffect(() => {
    const act = (verb: Verb, verdict?: Verdict) => () => {
      if (held.current) answerIfAllowed(verb, held.current, verdict);
    };
    return bind({
      acknowledge: act("acknowledge"),
      accept: act("accept"),
      reject: act("reject"),
      escalate: act("escalate"),
      "hand-over": act("hand-over"),
      snooze: act("snooze"),
      reset: act("reset"),
      comment: act("comment"),
      "verdict-true": act("dispose", "true"),
      "verdict-false": act("dispose", "false"),
      "verdict-not-actionable": act("dispose", "not_actionable"),
    });
  }, []);
}

export function answerIfAllowed(verb: Verb, alert: Alert, verdict?: Verdict): void {
  const rights = { can: can.peek() };
  if (allows(verb, alert, rights)) begin(verb, alert, verdict);
  else outcome.value = whyNot(verb, alert, rights) ?? "";
}
