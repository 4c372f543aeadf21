import { get } from "./http.ts";

export interface InRole {
  unit: string;
  role: string;
  people: string[];
  /** Of these, who can be reached for a high alert. */
  reachable: string[];
}

export interface Gap {
  unit: string;
  role: string;
  from_us: number;
  to_us: number;
  /** Who is on call and cannot be reached; empty: nobody is on call. */
  unreachable: string[];
}

/** Version 0: there is no plan. */
export const whoIsOnCall = (): Promise<{ roles: InRole[]; version: number }> => get("/oncall");

/** Within 14 days. */
export const listGaps = (): Promise<{ gaps: Gap[] }> => get("/oncall/gaps");
