import type { Alert } from "../model/alert.ts";
import { standing } from "../model/words.ts";
import { alertPath } from "../router.ts";
import { Age } from "./Age.tsx";
import { PriorityBadge } from "./PriorityBadge.tsx";

/** An alert in a list of a few: leads to why it fired. */
export function AlertCard({ alert }: { alert: Alert }) {
  return (
    <li>
      <a href={alertPath(alert.id)} class="patient-alert">
        <PriorityBadge alert={alert} />
        <strong class="named">{alert.bed ?? alert.device ?? alert.subject}</strong>
        <span class="said">{alert.text ?? alert.rule}</span>
        <span class="muted said">
          {standing(alert)} · <Age at_us={alert.raised_at_us} /> ago
        </span>
      </a>
    </li>
  );
}
