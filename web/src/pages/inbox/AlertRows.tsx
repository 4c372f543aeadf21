import type { RefObject } from "preact";
import type { Alert } from "../../model/alert.ts";
import { useVirtual } from "../../ui/useVirtual.ts";
import { AlertRow } from "./AlertRow.tsx";

export const ROW_PX = 76;
// More than are ever drawn at once. What scrolls out of sight is filled anew instead of being made anew.
const SLOTS = 96;

interface Props {
  list: RefObject<HTMLUListElement | null>;
  rows: readonly Alert[];
  chosen: Alert | undefined;
  choose: (index: number) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** Alerts of any number: only those near the window are drawn. */
export function AlertRows({ list, rows, chosen, choose, onKeyDown }: Props) {
  const { first, end } = useVirtual(list, rows.length, ROW_PX);
  return (
    <ul
      ref={list}
      class="rows"
      role="listbox"
      aria-label="Alerts"
      tabIndex={0}
      aria-activedescendant={chosen ? `alert-${chosen.id}` : undefined}
      onKeyDown={onKeyDown}
      style={{ height: `${rows.length * ROW_PX}px` }}
    >
      {rows.slice(first, end).map((alert, index) => (
        <AlertRow
          key={(first + index) % SLOTS}
          alert={alert}
          top_px={(first + index) * ROW_PX}
          isChosen={alert === chosen}
          place={first + index + 1}
          places={rows.length}
          choose={() => choose(first + index)}
        />
      ))}
    </ul>
  );
}
