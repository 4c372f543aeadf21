import { get } from "./http.ts";

/** Who asked what about whom, and what came of it. */
export interface AccessEntry {
  at_us: number;
  /** Absent: a token that is nobody's. */
  person?: string;
  roles: string[];
  what: string;
  patients: string[];
  about?: string;
  /** HL7 PurposeOfUse. */
  purpose?: string;
  from?: string;
  outcome: string;
  fields: string[];
  sequence: number;
}

export interface AccessFilter {
  patient?: string;
  person?: string;
  since_us?: number;
}

export const listAccess = (filter: AccessFilter, cursor?: string): Promise<{ entries: AccessEntry[]; next_cursor?: string }> =>
  get("/access", { ...filter, limit: 100, cursor });
