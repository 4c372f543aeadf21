// The newest values of each patient: from the board, then from the stream.

import { signal, type Signal } from "@preact/signals";
import type { Values, ValueNow } from "../api/board.ts";
import { byImportance, type Point, staleAfter_s, type Vital } from "../model/vital.ts";

const SHOWN_US = 30 * 60e6;
const STEP_US = 10e6;

const known = new Map<string, Signal<readonly Vital[]>>();

export function vitalsOf(patient: string): Signal<readonly Vital[]> {
  let held = known.get(patient);
  if (!held) known.set(patient, (held = signal<readonly Vital[]>([])));
  return held;
}

export function takeVitals(patients: readonly Values[]): void {
  for (const { patient, values } of patients) {
    const held = vitalsOf(patient);
    held.value = merge(held.peek(), values);
  }
}

export function forgetVitals(): void {
  for (const held of known.values()) held.value = [];
}

/** What was received before what is known changes nothing: late data is not news. */
export function merge(held: readonly Vital[], heard: readonly ValueNow[]): readonly Vital[] {
  const byCode = new Map(held.map((vital) => [vital.code, vital]));
  for (const { spark, ...value } of heard) {
    const before = byCode.get(value.code);
    if (before && before.received_us > value.received_us) continue;
    const line = spark ? pointsOf(spark) : (before?.line ?? []);
    byCode.set(value.code, { ...value, line: extend(line, value) });
  }
  return [...byCode.values()].sort((a, b) => byImportance(a.code, b.code));
}

function pointsOf({ end_us, step_s, values }: NonNullable<ValueNow["spark"]>): Point[] {
  const step_us = step_s * 1e6;
  return values.map((value, index) => [end_us - (values.length - index - 0.5) * step_us, value] as const);
}

function extend(line: readonly Point[], { code, value, at_us }: ValueNow): readonly Point[] {
  const last = line.at(-1);
  if (value === undefined) return last && last[1] !== null ? [...line, [at_us, null]] : line;
  if (last && at_us - last[0] < STEP_US && last[1] !== null) return line;
  // A silence is a gap, never a bridge.
  const isSilence = last !== undefined && at_us - last[0] > Math.max(staleAfter_s(code) * 1e6, 2 * STEP_US);
  const gap: Point[] = isSilence ? [[last[0] + 1, null]] : [];
  return [...line.filter(([at]) => at >= at_us - SHOWN_US), ...gap, [at_us, value]];
}
