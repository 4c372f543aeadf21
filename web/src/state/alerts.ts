// The alerts that this person may see, fed by the list and by the stream.

import { computed, signal } from "@preact/signals";
import { type Alert, type AlertFact, isOpen } from "../model/alert.ts";
import { byUrgency, byWorst } from "../model/order.ts";

export interface AlertUpdate {
  position: number;
  fact: AlertFact;
  alert: Alert;
}

const CLOSED_MAX = 1_000;

const alerts = new Map<string, Alert>();
const revision = signal(0);
/** What was taken over last; the stream goes on from here. */
export const position = signal(0);

const changed = (): void => {
  revision.value += 1;
};

/** Everything anew: what is not in the list is not so any more. */
export function replaceAlerts(list: readonly Alert[], at: number): void {
  alerts.clear();
  for (const alert of list) alerts.set(alert.id, alert);
  position.value = at;
  changed();
}

/** An answer of the server overtakes events that were on their way; versions only grow. */
export function takeAlert(alert: Alert): void {
  if (hold(alert)) changed();
}

export function takeUpdates(updates: readonly AlertUpdate[]): void {
  if (updates.length === 0) return;
  for (const update of updates) {
    hold(update.alert);
    position.value = Math.max(position.peek(), update.position);
  }
  forgetClosed();
  changed();
}

function hold(alert: Alert): boolean {
  const held = alerts.get(alert.id);
  if (held && held.version > alert.version) return false;
  alerts.set(alert.id, alert);
  return true;
}

function forgetClosed(): void {
  const closed = [...alerts.values()].filter((alert) => !isOpen(alert));
  for (const alert of closed.slice(0, Math.max(0, closed.length - CLOSED_MAX))) alerts.delete(alert.id);
}

export function forgetAlerts(): void {
  alerts.clear();
  position.value = 0;
  changed();
}

/** Unanswered first, then by priority and age. */
export const openAlerts = computed<readonly Alert[]>(() => {
  void revision.value;
  return [...alerts.values()].filter(isOpen).sort(byUrgency);
});

/** Closed without an answer: nobody has looked at them yet. */
export const toReview = computed<readonly Alert[]>(() => {
  void revision.value;
  return [...alerts.values()]
    .filter((alert) => alert.closed === "ended_unanswered" && alert.verdict === undefined)
    .sort((a, b) => b.raised_at_us - a.raised_at_us);
});

/** Open alerts of each patient, the worst first. */
export const alertsByPatient = computed<ReadonlyMap<string, readonly Alert[]>>(() => {
  const groups = new Map<string, Alert[]>();
  for (const alert of openAlerts.value) {
    if (alert.patient === undefined || alert.patient === "") continue;
    const group = groups.get(alert.patient);
    if (group) group.push(alert);
    else groups.set(alert.patient, [alert]);
  }
  for (const group of groups.values()) group.sort(byWorst);
  return groups;
});

export function alertById(id: string): Alert | undefined {
  void revision.value;
  return alerts.get(id);
}
