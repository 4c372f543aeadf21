import { computed, signal } from "@preact/signals";
import type { Standby } from "../model/patient.ts";
import { byBed, rank } from "../model/order.ts";
import { alertsByPatient } from "./alerts.ts";
import type { Alert } from "../model/alert.ts";

/** Who is here, and where. */
export interface Placed {
  patient: string;
  unit: string;
  bed?: string;
  standby?: Standby;
}

/** Undefined: not loaded. */
export const patients = signal<readonly Placed[] | undefined>(undefined);

export interface Tile {
  patient: Placed;
  /** Open ones, the worst first. */
  alerts: readonly Alert[];
}

// No open alert goes behind every priority.
const urgency = (tile: Tile): number => (tile.alerts[0] ? rank(tile.alerts[0].priority) : 3);

/** Worst first; within a priority by bed, so that a tile stays where people look for it. */
export const tiles = computed<readonly Tile[]>(() => {
  const alerts = alertsByPatient.value;
  return (patients.value ?? [])
    .map((patient) => ({ patient, alerts: alerts.get(patient.patient) ?? [] }))
    .sort(
      (a, b) =>
        urgency(a) - urgency(b) ||
        byBed(a.patient.unit, b.patient.unit) ||
        byBed(a.patient.bed ?? a.patient.patient, b.patient.bed ?? b.patient.patient),
    );
});
