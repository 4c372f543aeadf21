import { get } from "./http.ts";

/** Figures of the running engine, by name; the server may add some. No patient data. */
export type Status = Record<string, number | string>;

export const getOperations = (): Promise<Status> => get("/operations");
