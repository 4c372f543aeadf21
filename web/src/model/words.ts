// Times and states in words.

import type { Alert, AlertFact } from "./alert.ts";
import { isLatched } from "./alert.ts";

const two = (value: number): string => String(value).padStart(2, "0");

/** 42 s -> 0:42, 3,725 s -> 1:02:05; beyond two days in days. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const days = Math.floor(whole / 86_400);
  if (days >= 2) return `${days} d`;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** How old something is, in the coarsest unit that still tells: 42 s, 7 min, 3 h, 2 d. */
export function age(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min`;
  if (whole < 172_800) return `${Math.floor(whole / 3_600)} h`;
  return `${Math.floor(whole / 86_400)} d`;
}

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

export const clockTime = (at_us: number): string => clockFormat.format(at_us / 1000);

/** With the day where it is another one than that of `now_us`. */
export function moment(at_us: number, now_us: number): string {
  const day = dayFormat.format(at_us / 1000);
  return day === dayFormat.format(now_us / 1000) ? clockTime(at_us) : `${day}, ${clockTime(at_us)}`;
}

export const people = (list: readonly string[]): string => (list.length === 0 ? "nobody" : list.join(", "));

/** Where the answer stands, without its time. */
export function standing(alert: Alert): string {
  switch (alert.state) {
    case "waiting":
      return `waits for ${people(alert.people)}`;
    case "accepted":
      return `accepted by ${people(alert.people)}`;
    case "acknowledged":
      return `acknowledged by ${people(alert.people)}`;
    case "closed":
      return CLOSED[alert.closed ?? ""] ?? "closed";
  }
}

/** What comes at the deadline. */
export function deadlineWord(alert: Alert): string {
  if (alert.state === "waiting") return alert.held ? "held until" : "next step in";
  return "expires in";
}

const CLOSED: Record<string, string> = {
  ended: "closed: the condition ended",
  ended_unanswered: "closed: ended unanswered",
  reset: "closed: reset",
  withdrawn: "closed: withdrawn",
  handed_over: "closed: goes on elsewhere",
};

/** The condition itself, apart from how people answered. */
export function conditionWord(alert: Alert): string {
  if (alert.present === undefined) return "";
  if (alert.present) return "present";
  return isLatched(alert) ? "gone, latched" : "gone";
}

const FACTS: Record<string, string> = {
  raised: "Raised",
  folded: "Set in again, folded into this alert",
  round_began: "A new round began",
  step_due: "The next step was due",
  no_one_on_call: "Nobody was on call",
  step_entered: "Paged",
  acknowledged: "Acknowledged",
  accepted: "Accepted",
  rejected: "Rejected",
  escalated: "Escalated",
  answer_expired: "The answer expired",
  condition_cleared: "The condition ended",
  reset: "Reset",
  commented: "Comment",
  closed: "Closed",
  joined: "Joined",
  hand_over_offered: "Hand-over offered",
  handed_over: "Handed over",
  snoozed: "Snoozed",
  disposed_true: "Verdict: true",
  disposed_false: "Verdict: false",
  disposed_not_actionable: "Verdict: not actionable",
  held: "Held by a standby",
  disputed: "Disputed: readings of the wrong patient",
};

/** A fact that this page does not know yet is named as the server names it. */
export const factWord = (fact: AlertFact): string => FACTS[fact.what] ?? fact.what.replaceAll("_", " ");
