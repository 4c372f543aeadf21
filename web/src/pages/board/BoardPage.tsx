import { computed, signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { bind } from "../../keys/listen.ts";
import { go, patientPath } from "../../router.ts";
import { type Tile as TileOf, patients, tiles } from "../../state/patients.ts";
import { unit } from "../../state/settings.ts";
import { scrollBy_px } from "../../ui/virtual.ts";
import { useVirtual } from "../../ui/useVirtual.ts";
import { useVerbKeys } from "../answer/useVerbKeys.ts";
import { BoardHead } from "./BoardHead.tsx";
import { columnsOf, GAP_PX, step } from "./layout.ts";
import { Tile, TILE_PX } from "./Tile.tsx";

const ROW_PX = TILE_PX + GAP_PX;

const search = signal("");
const chosen = signal("");

const fits = ({ patient, alerts }: TileOf, text: string): boolean =>
  [patient.bed, patient.patient, patient.unit, ...alerts.map((alert) => alert.text)].some((part) =>
    part?.toLocaleLowerCase().includes(text),
  );

const shown = computed(() => {
  const text = search.value.trim().toLocaleLowerCase();
  return tiles.value.filter(
    (tile) => (unit.value === "" || tile.patient.unit === unit.value) && (text === "" || fits(tile, text)),
  );
});

export function BoardPage() {
  const grid = useRef<HTMLUListElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const columns = useColumns(grid);
  const all = shown.value;
  const at = Math.max(0, all.findIndex(({ patient }) => patient.patient === chosen.value));
  const { first, end } = useVirtual(grid, Math.ceil(all.length / columns), ROW_PX);
  useVerbKeys(chosen.value === "" ? undefined : all[at]?.alerts[0]);
  useEffect(() => bind({ search: () => field.current?.focus() }), []);

  const onKeyDown = (event: KeyboardEvent) => {
    const to = step(at, event.key, columns, all.length);
    const tile = to === undefined ? undefined : all[to];
    if (to === undefined || !tile || !grid.current) return;
    event.preventDefault();
    chosen.value = tile.patient.patient;
    const top = grid.current.getBoundingClientRect().top + Math.floor(to / columns) * ROW_PX;
    const header = document.querySelector(".top")?.getBoundingClientRect().height ?? 0;
    scrollBy({ top: scrollBy_px(top, ROW_PX, innerHeight, header) });
    // Drawn after the scroll where it was not near the window.
    requestAnimationFrame(() => document.getElementById(tileId(tile))?.focus({ preventScroll: true }));
  };

  return (
    <main class="page">
      <BoardHead search={search} field={field} count={all.length} />
      {all.length === 0 ? <Empty isLoaded={patients.value !== undefined} /> : null}
      <ul
        ref={grid}
        class="board"
        aria-label="Patients, the most urgent first"
        onKeyDown={onKeyDown}
        style={{ height: `${Math.ceil(all.length / columns) * ROW_PX}px` }}
      >
        {all.slice(first * columns, end * columns).map((tile, index) => {
          const place = first * columns + index;
          return (
            <li
              key={tile.patient.patient}
              class="board-cell"
              style={{
                width: `calc((100% - ${(columns - 1) * GAP_PX}px) / ${columns})`,
                left: `calc((100% + ${GAP_PX}px) / ${columns} * ${place % columns})`,
                top: `${Math.floor(place / columns) * ROW_PX}px`,
              }}
            >
              <Tile
                id={tileId(tile)}
                tile={tile}
                isReached={place === at}
                reach={() => {
                  chosen.value = tile.patient.patient;
                }}
                open={() => go(patientPath(tile.patient.patient))}
              />
            </li>
          );
        })}
      </ul>
    </main>
  );
}

const tileId = (tile: TileOf): string => `tile-${tile.patient.patient}`;

function useColumns(grid: { current: HTMLElement | null }): number {
  const [columns, setColumns] = useState(1);
  useLayoutEffect(() => {
    const element = grid.current;
    if (!element) return;
    const measure = () => setColumns(columnsOf(element.clientWidth));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  return columns;
}

function Empty({ isLoaded }: { isLoaded: boolean }) {
  const isNarrowed = unit.value !== "" || search.value !== "";
  return (
    <div class="empty">
      <h2>{isLoaded ? "No patients here" : "Loading"}</h2>
      <p>
        {!isLoaded
          ? "The patients are not known yet."
          : isNarrowed
            ? "Nobody fits the unit and the search above."
            : "You are on no care team, or nobody is admitted."}
      </p>
    </div>
  );
}
