import { WORD } from "../../alarm/priority.ts";
import type { Verb } from "../../api/alerts.ts";
import { abandon, change, draft, type Draft, needsDialog, outcome, send } from "../../state/answering.ts";
import { me } from "../../state/session.ts";
import { SNOOZE_MINUTES_MAX } from "../../model/verbs.ts";
import { Dialog } from "../../ui/Dialog.tsx";
import { PriorityBadge } from "../../ui/PriorityBadge.tsx";
import { Refusal } from "../../ui/Refusal.tsx";
import { PersonField } from "./PersonField.tsx";
import { OtherPerson } from "./OtherPerson.tsx";
import { ReasonField } from "./ReasonField.tsx";

const TITLES: Partial<Record<Verb, string>> = {
  acknowledge: "Acknowledge",
  reject: "Reject: not me",
  escalate: "Escalate now",
  "hand-over": "Hand over",
  snooze: "Snooze the signals",
  comment: "Comment",
};

const EXPLAIN: Partial<Record<Verb, string>> = {
  acknowledge: "You own it, and its signals are silent until this expires or the condition worsens.",
  reject: "The next step is asked at once.",
  escalate: "You stay responsible until somebody accepts.",
  "hand-over": "For good. You stay responsible until it is accepted.",
  snooze: "Only the signals are silent. The alert still waits for an answer.",
};

const isComplete = ({ verb, reason, to, by, pin }: Draft): boolean =>
  (by.trim() === "" || pin !== "") && (verb === "snooze" || (reason.trim() !== "" && (verb !== "hand-over" || to.trim() !== "")));

/** What somebody began before they were signed out is offered to nobody else. */
export function AnswerDialog() {
  const wanted = draft.value;
  const isMine = wanted !== undefined && wanted.person === me.value?.person;
  return (
    <>
      <div role="status" class="outcome">
        {outcome.value === "" ? null : <p>{outcome.value}</p>}
      </div>
      {isMine && needsDialog(wanted.verb) ? <Form key={`${wanted.verb} ${wanted.alert.id}`} wanted={wanted} /> : null}
    </>
  );
}

function Form({ wanted }: { wanted: Draft }) {
  const { verb, alert, isSending } = wanted;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (isComplete(wanted)) void send();
  };
  return (
    <Dialog title={TITLES[verb] ?? WORD[alert.priority]} close={abandon}>
      <div class="answer-of">
        <PriorityBadge alert={alert} />
        <strong class="named">{alert.bed ?? alert.subject}</strong>
        <span class="said">{alert.text}</span>
      </div>
      <p class="muted">{EXPLAIN[verb]}</p>
      <form class="form" onSubmit={submit}>
        {verb === "escalate" ? <PersonField label="To (empty: the next step)" required={false} /> : null}
        {verb === "hand-over" ? <PersonField label="To" required={true} /> : null}
        {verb === "snooze" ? <Minutes most={SNOOZE_MINUTES_MAX[alert.priority]} /> : null}
        <ReasonField />
        <OtherPerson />
        <Refusal text={wanted.refusal} />
        <div class="form-end">
          <button type="button" class="button" onClick={abandon}>
            Cancel
          </button>
          <button type="submit" class="button button-main" disabled={isSending || !isComplete(wanted)}>
            {isSending ? "Waiting for the commit" : wanted.refusal ? "Try again" : TITLES[verb]}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Minutes({ most }: { most: number }) {
  const choices = [5, 10, 15, 30, 60].filter((minutes) => minutes <= most);
  return (
    <fieldset class="choices plain">
      <legend class="unseen">Minutes</legend>
      {choices.map((minutes) => (
        <button
          key={minutes}
          type="button"
          class="button"
          aria-pressed={draft.value?.minutes === minutes}
          onClick={() => change({ minutes })}
        >
          {minutes} min
        </button>
      ))}
    </fieldset>
  );
}
