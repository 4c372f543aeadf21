import { computed } from "@preact/signals";
import { MARKS, WORD } from "../alarm/priority.ts";
import type { Priority } from "../model/alert.ts";
import { openAlerts } from "../state/alerts.ts";

const PRIORITIES: readonly Priority[] = ["high", "medium", "low"];

const counts = computed(() => {
  const sums: Record<Priority, { open: number; waiting: number }> = {
    high: { open: 0, waiting: 0 },
    medium: { open: 0, waiting: 0 },
    low: { open: 0, waiting: 0 },
  };
  for (const alert of openAlerts.value) {
    sums[alert.priority].open += 1;
    if (alert.state === "waiting") sums[alert.priority].waiting += 1;
  }
  return sums;
});

/** Unanswered and open alerts of each priority. */
export function Counts() {
  return (
    <ul class="counts" aria-label="Open alerts">
      {PRIORITIES.map((priority) => {
        const { open, waiting } = counts.value[priority];
        return (
          <li key={priority} class={open > 0 ? `count count-${priority}` : "count"}>
            <span aria-hidden="true">{MARKS[priority]}</span> {WORD[priority]} <strong>{waiting}</strong>
            <span class="count-open"> of {open}</span>
          </li>
        );
      })}
    </ul>
  );
}
