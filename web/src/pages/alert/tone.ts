import type { AlertFact } from "../../model/alert.ts";

const LACKS = ["no_one_on_call", "answer_expired", "step_due", "round_began"];

/** People's answers stand out from what the platform did, and from what nobody did. */
export function tone(fact: AlertFact): "ask" | "answer" | "condition" | "lack" {
  if (LACKS.includes(fact.what)) return "lack";
  if (fact.what === "step_entered") return "ask";
  return fact.by ? "answer" : "condition";
}
