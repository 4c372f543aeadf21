import type { Alert } from "../model/alert.ts";
import type { Standby } from "../model/patient.ts";
import type { Vital } from "../model/vital.ts";
import { get } from "./http.ts";

export interface ValueNow extends Omit<Vital, "line"> {
  spark?: { end_us: number; step_s: number; values: (number | null)[] };
}

/** The newest values of one patient; without `received_us` nothing was ever received. */
export interface Values {
  patient: string;
  received_us?: number;
  values: ValueNow[];
}

export interface Tile extends Values {
  unit: string;
  bed?: string;
  standby?: Standby;
  alerts: Alert[];
}

export interface Board {
  tiles: Tile[];
  position: number;
  now_us: number;
  next_cursor?: string;
}

/** Every page of it. */
export async function getBoard(): Promise<Board> {
  const first: Board = await get("/board", { limit: 1000 });
  const tiles = [...first.tiles];
  for (let cursor = first.next_cursor; cursor !== undefined; ) {
    const page: Board = await get("/board", { limit: 1000, cursor });
    tiles.push(...page.tiles);
    cursor = page.next_cursor;
  }
  return { ...first, tiles };
}

export const getValues = (patient: string): Promise<Values> => get(`/patients/${encodeURIComponent(patient)}/values`);

export interface Trend {
  code: string;
  title: string;
  unit: string;
  /** Device time. */
  at_us: number[];
  min: number[];
  max: number[];
  mean: number[];
  count: number[];
}

export interface Trends {
  from_us: number;
  until_us: number;
  series: Trend[];
}

export const getTrends = (patient: string, codes: readonly string[], from: number, to: number, points: number): Promise<Trends> =>
  get(`/patients/${encodeURIComponent(patient)}/trends`, { code: codes.join(","), from: Math.round(from), to: Math.round(to), points });
