import type { Patient } from "../model/patient.ts";
import { get } from "./http.ts";

export const getPatient = (id: string): Promise<Patient> => get(`/patients/${encodeURIComponent(id)}`);

export const listUnits = (): Promise<{ units: { unit: string }[] }> => get("/units");
