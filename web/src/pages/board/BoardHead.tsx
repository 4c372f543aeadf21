import { computed, type Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { byBed } from "../../model/order.ts";
import { patients } from "../../state/patients.ts";
import { unit } from "../../state/settings.ts";
import { KeyHint } from "../../ui/KeyHint.tsx";

interface Props {
  search: Signal<string>;
  field: RefObject<HTMLInputElement | null>;
  count: number;
}

const units = computed(() => {
  const known = new Set((patients.value ?? []).map((patient) => patient.unit));
  if (unit.value !== "") known.add(unit.value);
  return [...known].sort(byBed);
});

export function BoardHead({ search, field, count }: Props) {
  return (
    <div class="page-head">
      <h1>
        {unit.value === "" ? "All units" : unit.value} <span class="muted">{count} patients</span>
      </h1>
      <div class="filters">
        <label class="search">
          <span class="unseen">Unit</span>
          <select
            class="input"
            value={unit.value}
            onChange={(event) => {
              unit.value = event.currentTarget.value;
            }}
          >
            <option value="">All units</option>
            {units.value.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="search">
          <span class="unseen">Search</span>
          <input
            ref={field}
            class="input"
            type="search"
            placeholder="Bed, patient, alert"
            value={search.value}
            onInput={(event) => {
              search.value = event.currentTarget.value;
            }}
            onKeyDown={(event) => {
              if (event.key === "Escape") event.currentTarget.blur();
            }}
          />
          <KeyHint action="search" />
        </label>
      </div>
    </div>
  );
}
