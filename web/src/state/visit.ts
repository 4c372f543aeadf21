// When this person was here last, by the server's clock: what the shift brief begins from. Kept by this browser, per person,
// without anything of a patient.

import { signal } from "@preact/signals";

const key = (person: string): string => `vigil.left.${person}`;

/** Undefined: never, as far as this browser knows. */
export const lastHere_us = signal<number | undefined>(undefined);

export function arrive(person: string): void {
  try {
    const kept = Number(localStorage.getItem(key(person)));
    lastHere_us.value = Number.isSafeInteger(kept) && kept > 0 ? kept : undefined;
  } catch {
    lastHere_us.value = undefined;
  }
}

export function depart(person: string, now_us: number): void {
  try {
    localStorage.setItem(key(person), String(now_us));
  } catch {
    // A browser that keeps nothing: the next brief begins from the last shift's length.
  }
}
