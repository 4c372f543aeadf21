// One quantity of a patient: the newest value with its age.

export type Validity = "valid" | "questionable" | "invalid" | "no_signal";

export interface Vital {
  /** Short name: heart_rate, spo2. */
  code: string;
  /** The server's name for people. */
  title: string;
  /** UCUM. */
  unit: string;
  /** Absent: nothing was measured. */
  value?: number;
  /** In the place of a number. */
  word?: string;
  validity: Validity;
  /** Device time. */
  at_us: number;
  /** Receipt time: the age counts from here. */
  received_us: number;
  device?: string;
  /** The last half hour, by device time; null where nothing was measured. */
  line: readonly Point[];
}

export type Point = readonly [at_us: number, value: number | null];

// A streaming value is missed after 30 s (clinical defaults). What people and cuffs measure now and then is not missed before
// its next round, hourly where NEWS2 is medium; its age stands beside it all the same.
const STREAMING_STALE_S = 30;
const NOW_AND_THEN_STALE_S = 3_600;
const NOW_AND_THEN = ["bp_systolic", "bp_diastolic", "bp_mean", "temperature", "consciousness"];

export const staleAfter_s = (code: string): number =>
  NOW_AND_THEN.includes(code) ? NOW_AND_THEN_STALE_S : STREAMING_STALE_S;

/** Too old to say anything about now. */
export const isStale = ({ code, received_us }: Vital, now_us: number): boolean =>
  now_us - received_us > staleAfter_s(code) * 1e6;

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

const UNITS: Record<string, string> = { "{beat}/min": "/min", "mm[Hg]": "mmHg", Cel: "°C", "[psi]": "psi" };

export const titleOf = (code: string, title: string): string => NAMES[code]?.title ?? title;

export const unitOf = (unit: string): string => UNITS[unit] ?? unit;

export function numberOf(code: string, value: number): string {
  return value.toFixed(NAMES[code]?.digits ?? 2).replace(/^-0$/, "0");
}

export function byImportance(a: string, b: string): number {
  const place = (code: string): number => (ORDER.includes(code) ? ORDER.indexOf(code) : ORDER.length);
  return place(a) - place(b) || (a < b ? -1 : 1);
}

// What the shipped rules judge: the alert's limit is one of this quantity.
const JUDGED: Record<string, string> = {
  ex_tachy: "heart_rate",
  ex_brady: "heart_rate",
  hr_high: "heart_rate",
  hr_low: "heart_rate",
  spo2_low: "spo2",
  spo2_very_low: "spo2",
};

/** The quantity that a rule of ours judges by its limit; undefined: not known here. */
export const judgedBy = (rule: string | undefined): string | undefined => (rule === undefined ? undefined : JUDGED[rule]);
