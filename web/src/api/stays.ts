import type { Profile } from "../model/patient.ts";
import { post } from "./http.ts";

const path = (patient: string, verb: string): string => `/patients/${encodeURIComponent(patient)}/${verb}`;

export interface Admission {
  patient: string;
  unit: string;
  bed: string;
  profile: Profile;
}

export const admit = (admission: Admission, key: string): Promise<unknown> => post("/patients", admission, key);

export const move = (patient: string, unit: string, bed: string, key: string): Promise<unknown> =>
  post(path(patient, "move"), { unit, bed }, key);

export const beginStandby = (patient: string, reason: string, until_us: number, key: string): Promise<unknown> =>
  post(path(patient, "standby"), { reason, until_us }, key);

export const endStandby = (patient: string, key: string): Promise<unknown> => post(path(patient, "resume"), {}, key);

export const discharge = (patient: string, died: boolean, key: string): Promise<unknown> =>
  post(path(patient, "discharge"), { died }, key);

export const breakGlass = (patient: string, reason: string, minutes: number, key: string): Promise<unknown> =>
  post(path(patient, "break-glass"), { reason, minutes }, key);
