import type { Alert, Priority } from "./alert.ts";
import { isOpen } from "./alert.ts";

const RANK: Record<Priority, number> = { high: 0, medium: 1, low: 2 };

/** 0 is the most urgent. */
export const rank = (priority: Priority): number => RANK[priority];

// Physiological goes before technical of the same priority.
const kindRank = (alert: Alert): number => (alert.kind === "physiological" ? 0 : 1);

/** Open before closed, unanswered first, then by priority, kind and age: as the server lists them. */
export function byUrgency(a: Alert, b: Alert): number {
  return (
    Number(!isOpen(a)) - Number(!isOpen(b)) ||
    Number(a.state !== "waiting") - Number(b.state !== "waiting") ||
    rank(a.priority) - rank(b.priority) ||
    kindRank(a) - kindRank(b) ||
    a.raised_at_us - b.raised_at_us ||
    (a.id < b.id ? -1 : 1)
  );
}

/** How a patient's worst alert is chosen: open ones alone, by priority, then unanswered, then kind and age. */
export function byWorst(a: Alert, b: Alert): number {
  return (
    rank(a.priority) - rank(b.priority) ||
    Number(a.state !== "waiting") - Number(b.state !== "waiting") ||
    kindRank(a) - kindRank(b) ||
    a.raised_at_us - b.raised_at_us ||
    (a.id < b.id ? -1 : 1)
  );
}

const beds = new Intl.Collator("en", { numeric: true });

/** Beds as people count them: bed-2 before bed-10. */
export const byBed = (a: string, b: string): number => beds.compare(a, b);
