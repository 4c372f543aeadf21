// What a person has to know at the begin and at the end of a shift. Pure.

import { type Alert, isOpen, isOwned, type Priority } from "../../model/alert.ts";

export interface Brief {
  /** Offered to me: they become mine once I accept them. */
  offered: Alert[];
  /** Mine, to be handed over. */
  owned: Alert[];
  /** Open and nobody's. */
  waiting: Alert[];
  /** Raised since I was here, open or not. */
  raised: Record<Priority, number>;
  /** Closed since, and nobody had answered. */
  unanswered: Alert[];
}

export function brief(alerts: readonly Alert[], person: string, since_us: number): Brief {
  const open = alerts.filter(isOpen);
  const raised = { high: 0, medium: 0, low: 0 };
  for (const alert of alerts) if (alert.raised_at_us >= since_us) raised[alert.priority] += 1;
  return {
    offered: open.filter((alert) => alert.offered_to === person),
    owned: open.filter((alert) => isOwned(alert) && alert.people.includes(person)),
    waiting: open.filter((alert) => alert.state === "waiting"),
    raised,
    unanswered: alerts.filter((alert) => alert.closed === "ended_unanswered" && alert.raised_at_us >= since_us),
  };
}
