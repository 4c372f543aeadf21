import type { Priority } from "../model/alert.ts";

/** Never colour alone: a word and marks go with it (IEC 60601-1-8 marks). */
export const WORD: Record<Priority, string> = { high: "HIGH", medium: "MEDIUM", low: "LOW" };
export const MARKS: Record<Priority, string> = { high: "!!!", medium: "!!", low: "!" };
