// Which burst begins now. Pure: called twice a second with what is to be heard.

import { rank } from "../model/order.ts";
import type { Priority } from "../model/alert.ts";
import { lasts_ms, period_ms, type Sound } from "./burst.ts";

export interface Played {
  sound: Sound;
  at_ms: number;
}

const isPriority = (sound: Sound): sound is Priority => sound === "high" || sound === "medium" || sound === "low";

function isMoreUrgent(sound: Sound, than: Sound): boolean {
  if (!isPriority(than)) return sound === "not-live" || isPriority(sound);
  return isPriority(sound) && rank(sound) < rank(than);
}

/** What is more urgent than the last burst begins at once; the same again after its period; the rest once that is over. */
export function next(wanted: Sound | undefined, last: Played | undefined, now_ms: number): Sound | undefined {
  if (wanted === undefined) return undefined;
  if (last === undefined) return wanted;
  const since_ms = now_ms - last.at_ms;
  if (wanted === last.sound) return since_ms >= period_ms(wanted) ? wanted : undefined;
  if (isMoreUrgent(wanted, last.sound)) return wanted;
  return since_ms >= lasts_ms(last.sound) + 1_000 ? wanted : undefined;
}
