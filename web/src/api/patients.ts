import type { Patient } from "../model/patient.ts";
import { get } from "./http.ts";

export interface PatientPage {
  patients: Patient[];
  now_us?: number;
  next_cursor?: string;
}

export interface PatientFilter {
  unit?: string;
  gone?: boolean;
  standby?: boolean;
}

export async function listPatients(filter: PatientFilter): Promise<Patient[]> {
  const patients: Patient[] = [];
  let cursor: string | undefined;
  do {
    const page: PatientPage = await get("/patients", { ...filter, limit: 1000, cursor });
    patients.push(...page.patients);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return patients;
}

export const getPatient = (id: string): Promise<Patient> => get(`/patients/${encodeURIComponent(id)}`);

export const listUnits = (): Promise<{ units: { unit: string }[] }> => get("/units");
