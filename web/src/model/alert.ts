// An alert as the server says it. Times are microseconds since 1970, UTC.

export type Priority = "high" | "medium" | "low";
export type Kind = "physiological" | "technical";
export type ResponseState = "waiting" | "accepted" | "acknowledged" | "closed";
export type Verdict = "true" | "false" | "not_actionable";

export interface Alert {
  id: string;
  /** Whom or what it is about: PATIENT, device~DEVICE or unit~UNIT. */
  subject: string;
  patient?: string;
  unit: string;
  /** Absent where the role may not see it; so are all further optional fields. */
  bed?: string;
  rule?: string;
  rule_version?: number;
  kind: Kind;
  priority: Priority;
  lethal?: boolean;
  latching: boolean;
  /** Whether the condition is present now. */
  present?: boolean;
  text?: string;
  value?: number;
  limit?: number;
  /** Device time. */
  start_us?: number;
  onset_us?: number;
  /** Receipt time. */
  raised_at_us: number;
  folds: number;
  round: number;
  step: number;
  state: ResponseState;
  /** Waiting: who is paged. Accepted or acknowledged: the owner. */
  people: string[];
  /** Waiting: the next step. Accepted or acknowledged: when that expires. */
  deadline_us?: number;
  /** Goes back with an answer. */
  version: number;
  closed?: string;
  device?: string;
  snoozed_until_us?: number;
  offered_to?: string;
  verdict?: Verdict;
  held?: boolean;
  disputed?: boolean;
}

/** One fact of an alert's history. */
export interface AlertFact {
  at_us: number;
  what: string;
  round?: number;
  step?: number;
  by?: string;
  people?: string[];
  reason?: string;
  deadline_us?: number;
  lateness_ms?: number;
  rule?: string;
  onset_us?: number;
  value?: number;
}

export const isOpen = (alert: Alert): boolean => alert.state !== "closed";

export const isOwned = (alert: Alert): boolean => alert.state === "accepted" || alert.state === "acknowledged";

/** Latched: its signals stay although the condition has gone, until somebody resets it. */
export const isLatched = (alert: Alert): boolean => alert.latching && alert.present === false && isOpen(alert);

/** Whether people have to perceive it now: open, not acknowledged, not snoozed, not held by a standby. */
export function isSignalled(alert: Alert, now_us: number): boolean {
  if (!isOpen(alert) || alert.state === "acknowledged" || alert.held) return false;
  return (alert.snoozed_until_us ?? 0) <= now_us;
}
