// One answer at a time: what the person wants, whether it is under way, and what came of it. Nothing is shown as done before
// the server says that it is committed.

import { signal } from "@preact/signals";
import { type Answer, answer, type Verb } from "../api/alerts.ts";
import { newKey } from "../api/http.ts";
import { confirm } from "../api/sessions.ts";
import { inWords, NoAnswer, Problem } from "../api/problem.ts";
import type { Alert, Verdict } from "../model/alert.ts";
import { takeAlert } from "./alerts.ts";
import { me } from "./session.ts";

export interface Draft {
  verb: Verb;
  alert: Alert;
  /** Whose it is: after a sign-in it is offered to the same person alone. */
  person: string;
  reason: string;
  to: string;
  minutes: number;
  verdict?: Verdict;
  /** Somebody else at this screen, who answers with their PIN; empty: whoever is signed in. */
  by: string;
  pin: string;
  /** The same for each attempt at the same answer. */
  key: string;
  isSending: boolean;
  refusal?: string;
}

export const draft = signal<Draft | undefined>(undefined);
/** What came of the last answer, in words. */
export const outcome = signal("");

const SAYS_MORE: readonly Verb[] = ["acknowledge", "reject", "escalate", "hand-over", "snooze", "comment"];

export const needsDialog = (verb: Verb): boolean => SAYS_MORE.includes(verb);

export function begin(verb: Verb, alert: Alert, verdict?: Verdict): void {
  const person = me.peek()?.person ?? "";
  const to = "";
  draft.value = { verb, alert, person, reason: "", to, minutes: 5, verdict, by: "", pin: "", key: newKey(), isSending: false };
  outcome.value = "";
  if (!needsDialog(verb)) void send();
}

export function change(part: Partial<Draft>): void {
  // Another content is another thing to do: it gets a key of its own.
  const held = draft.peek();
  if (held && !held.isSending) draft.value = { ...held, ...part, key: newKey() };
}

export function abandon(): void {
  draft.value = undefined;
}

export function bodyOf({ verb, alert, reason, to, minutes, verdict }: Draft): Answer {
  const { version } = alert;
  const said = reason.trim();
  switch (verb) {
    case "accept":
    case "reset":
      return { version };
    case "comment":
      return { version, text: said };
    case "dispose":
      return { version, verdict };
    case "snooze":
      return { version, minutes, ...(said === "" ? {} : { reason: said }) };
    case "escalate":
      return { version, reason: said, ...(to.trim() === "" ? {} : { to: to.trim() }) };
    case "hand-over":
      return { version, reason: said, to: to.trim() };
    default:
      return { version, reason: said };
  }
}

const DONE: Record<Verb, string> = {
  acknowledge: "Acknowledged",
  accept: "Accepted",
  reject: "Rejected",
  escalate: "Escalated",
  "hand-over": "Hand-over offered; you stay responsible until it is accepted",
  snooze: "Snoozed",
  reset: "Reset",
  comment: "Comment kept",
  dispose: "Verdict kept",
};

export async function send(): Promise<void> {
  const sent = draft.peek();
  if (!sent || sent.isSending) return;
  draft.value = { ...sent, isSending: true, refusal: undefined };
  try {
    const { token } = sent.by.trim() === "" ? { token: undefined } : await confirm(sent.by.trim(), sent.pin);
    const { done, alert } = await answer(sent.alert.id, sent.verb, bodyOf(sent), sent.key, token);
    takeAlert(alert);
    if (done) return finish(sent, `${DONE[sent.verb]}: on record.`);
    const refusal = "The alert changed while you looked at it, and nothing was done. Look again, then answer.";
    refuse(sent, { alert, refusal, key: newKey() });
  } catch (error) {
    refuse(sent, { refusal: explain(error, sent.by.trim()), pin: "" });
  }
}

function explain(error: unknown, by: string): string {
  if (by !== "" && error instanceof Problem && error.status === 401) return `No ${by} with this PIN. Nothing was done.`;
  if (error instanceof NoAnswer) return "No answer from the server: it is not known whether this was done. Trying again is safe.";
  if (error instanceof Problem && error.status === 401) return "You were signed out before this was sent. Nothing was done.";
  return inWords(error);
}

function finish(sent: Draft, words: string): void {
  if (draft.peek()?.key === sent.key) draft.value = undefined;
  outcome.value = words;
}

function refuse(sent: Draft, part: Partial<Draft>): void {
  if (draft.peek()?.key !== sent.key) return;
  draft.value = { ...sent, isSending: false, ...part };
  if (!needsDialog(sent.verb)) outcome.value = part.refusal ?? "";
}
