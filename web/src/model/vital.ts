// One quantity of a patient: the newest value with its age, and what is allowed.

export interface Vital {
  /** Short name: heart_rate, spo2. */
  code: string;
  /** UCUM. */
  unit?: string;
  /** Absent: the newest reading had none. */
  value?: number;
  text?: string;
  /** Device time. */
  at_us: number;
  received_at_us: number;
  /** How old it may become before it says nothing about now. */
  stale_after_ms: number;
  low?: number;
  high?: number;
  /** The last 30 minutes: device time and value; null where nothing was heard. */
  spark?: [number, number | null][];
}

export const isStale = (vital: Vital, now_us: number): boolean =>
  now_us - vital.received_at_us > vital.stale_after_ms * 1000;

export const isOutside = ({ value, low, high }: Vital): boolean =>
  value !== undefined && ((low !== undefined && value < low) || (high !== undefined && value > high));

interface Name {
  title: string;
  digits: number;
}

// In the order in which people look for them.
const NAMES: Record<string, Name> = {
  heart_rate: { title: "HR", digits: 0 },
  spo2: { title: "SpO₂", digits: 0 },
  resp_rate: { title: "Resp", digits: 0 },
  pulse_rate: { title: "Pulse", digits: 0 },
  abp_systolic: { title: "ART sys", digits: 0 },
  bp_systolic: { title: "NIBP sys", digits: 0 },
  bp_diastolic: { title: "NIBP dia", digits: 0 },
  bp_mean: { title: "NIBP mean", digits: 0 },
  temperature: { title: "Temp", digits: 1 },
  oxygen_flow: { title: "O₂ flow", digits: 1 },
  fio2: { title: "FiO₂", digits: 0 },
};

const ORDER = Object.keys(NAMES);

const UNITS: Record<string, string> = {
  "{beat}/min": "/min",
  "mm[Hg]": "mmHg",
  Cel: "°C",
  "[psi]": "psi",
};

export const titleOf = (code: string): string => NAMES[code]?.title ?? code.replaceAll("_", " ");

export const unitOf = (unit: string | undefined): string => (unit === undefined ? "" : (UNITS[unit] ?? unit));

export function numberOf(code: string, value: number): string {
  const digits = NAMES[code]?.digits ?? 2;
  return value.toFixed(digits).replace(/^-0$/, "0");
}

export function byImportance(a: string, b: string): number {
  const place = (code: string): number => (ORDER.includes(code) ? ORDER.indexOf(code) : ORDER.length);
  return place(a) - place(b) || (a < b ? -1 : 1);
}
