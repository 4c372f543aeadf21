// Which answers an alert takes from this person. The server decides; this only spares people what it would refuse.

import type { Verb } from "../api/alerts.ts";
import { type Alert, isLatched, isOpen } from "./alert.ts";

export const SNOOZE_MINUTES_MAX = { high: 0, medium: 15, low: 60 } as const;

export interface Rights {
  /** In the words of the server: "answer physiological alerts". */
  can: readonly string[];
}

const mayAnswer = (alert: Alert, { can }: Rights): boolean => can.includes(`answer ${alert.kind} alerts`);

export function allows(verb: Verb, alert: Alert, rights: Rights): boolean {
  if (!mayAnswer(alert, rights)) return false;
  if (verb === "comment" || verb === "dispose") return true;
  if (!isOpen(alert)) return false;
  if (verb === "snooze") return SNOOZE_MINUTES_MAX[alert.priority] > 0;
  if (verb === "reset") return isLatched(alert);
  return true;
}

/** Why a verb that people look for is not there. */
export function whyNot(verb: Verb, alert: Alert, rights: Rights): string | undefined {
  if (allows(verb, alert, rights)) return undefined;
  if (!mayAnswer(alert, rights)) return `Your role does not answer ${alert.kind} alerts.`;
  if (!isOpen(alert)) return "The alert is closed.";
  if (verb === "snooze") return "High alerts are not snoozed.";
  if (verb === "reset") return "Only a latched alert whose condition has gone is reset.";
  return undefined;
}
