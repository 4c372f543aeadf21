// A tab that nobody looks at still says that it is needed: in its title, and by a notification where that is allowed. Neither
// names a patient.

import { computed, effect } from "@preact/signals";
import { WORD } from "../alarm/priority.ts";
import { rank } from "../model/order.ts";
import { openAlerts } from "./alerts.ts";
import { link } from "./link.ts";
import { isExpired, me } from "./session.ts";

const waiting = computed(() => openAlerts.value.filter((alert) => alert.state === "waiting"));

const worst = computed(() =>
  waiting.value.reduce<(typeof waiting.value)[number] | undefined>(
    (held, alert) => (held === undefined || rank(alert.priority) < rank(held.priority) ? alert : held),
    undefined,
  ),
);

export const title = computed(() => {
  if (me.value === null) return isExpired.value ? "NOT WATCHED · Vigil" : "Vigil: signed out";
  if (link.value.state === "not-live") return "NOT LIVE · Vigil";
  return worst.value ? `(${waiting.value.length}) ${WORD[worst.value.priority]} · Vigil` : "Vigil";
});

export function callForAttention(): void {
  effect(() => {
    document.title = title.value;
  });
  const known = new Set<string>();
  effect(() => {
    for (const alert of waiting.value) {
      const round = `${alert.id} ${alert.round} ${alert.priority}`;
      if (!known.has(round) && alert.priority !== "low") notify(`${WORD[alert.priority]} alert waits for an answer`);
      known.add(round);
    }
  });
  effect(() => {
    if (link.value.state === "not-live" && me.value) notify("NOT LIVE: this page does not hear the server");
  });
}

function notify(text: string): void {
  if (!document.hidden || typeof Notification === "undefined" || Notification.permission !== "granted") return;
  // One at a time, replaced by the next: the page has the list.
  new Notification("Vigil", { body: text, tag: "vigil", requireInteraction: true });
}

/** Browsers ask the person; to be called from a gesture. */
export function askToNotify(): void {
  if (typeof Notification !== "undefined" && Notification.permission === "default") void Notification.requestPermission();
}
