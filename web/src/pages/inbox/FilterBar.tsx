import type { Signal } from "@preact/signals";
import type { RefObject } from "preact";
import type { Alert } from "../../model/alert.ts";
import { KeyHint } from "../../ui/KeyHint.tsx";

export type Show = "all" | "mine" | "physiological" | "technical" | "review";

export interface Filter {
  show: Show;
  text: string;
}

const CHOICES: readonly [Show, string][] = [
  ["all", "All open"],
  ["mine", "Mine"],
  ["physiological", "Physiological"],
  ["technical", "Technical"],
  ["review", "To review"],
];

export function matches(alert: Alert, { show, text }: Filter, person: string): boolean {
  if (show === "mine" && !alert.people.includes(person) && alert.offered_to !== person) return false;
  if ((show === "physiological" || show === "technical") && alert.kind !== show) return false;
  const wanted = text.trim().toLocaleLowerCase();
  if (wanted === "") return true;
  return [alert.bed, alert.patient, alert.device, alert.subject, alert.text, alert.rule, alert.unit]
    .some((part) => part?.toLocaleLowerCase().includes(wanted));
}

interface Props {
  filter: Signal<Filter>;
  search: RefObject<HTMLInputElement | null>;
  review: number;
}

export function FilterBar({ filter, search, review }: Props) {
  return (
    <div class="filters">
      <div class="choices" role="group" aria-label="Which alerts">
        {CHOICES.map(([show, title]) => (
          <button
            key={show}
            type="button"
            class="button"
            aria-pressed={filter.value.show === show}
            onClick={() => {
              filter.value = { ...filter.value, show };
            }}
          >
            {title} {show === "review" && review > 0 ? <span class="nav-count">{review}</span> : null}
          </button>
        ))}
      </div>
      <label class="search">
        <span class="unseen">Search</span>
        <input
          ref={search}
          class="input"
          type="search"
          placeholder="Bed, patient, text"
          value={filter.value.text}
          onInput={(event) => {
            filter.value = { ...filter.value, text: event.currentTarget.value };
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
          }}
        />
        <KeyHint action="search" />
      </label>
    </div>
  );
}
