import { MARKS, WORD } from "../alarm/priority.ts";
import { type Alert, isOpen, isSignalled } from "../model/alert.ts";
import { now_s } from "../state/time.ts";
import { Icon } from "./Icon.tsx";

/** Marks, icon and word; flashes while people have to perceive it. */
export function PriorityBadge({ alert }: { alert: Alert }) {
  const isLoud = isSignalled(alert, now_s.value * 1e6);
  const look = isLoud ? "signalled" : "badge-quiet";
  return (
    <span class={`badge badge-${isOpen(alert) ? alert.priority : "closed"} ${look}`}>
      <Icon name={alert.kind === "technical" ? "technical" : alert.priority} />
      <span aria-hidden="true">{MARKS[alert.priority]}</span>
      {WORD[alert.priority]}
    </span>
  );
}
