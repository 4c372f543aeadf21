import { type Alert, isOpen } from "../../model/alert.ts";
import { conditionWord, deadlineWord, standing } from "../../model/words.ts";
import { alertPath, go } from "../../router.ts";
import { now_s } from "../../state/time.ts";
import { Age, Countdown } from "../../ui/Age.tsx";
import { PriorityBadge } from "../../ui/PriorityBadge.tsx";

interface Props {
  alert: Alert;
  top_px: number;
  isChosen: boolean;
  /** Of all, since only those near the window are drawn. */
  place: number;
  places: number;
  choose: () => void;
}

export function AlertRow({ alert, top_px, isChosen, place, places, choose }: Props) {
  return (
    <li
      id={`alert-${alert.id}`}
      class={isChosen ? "row row-chosen" : "row"}
      role="option"
      aria-selected={isChosen}
      aria-posinset={place}
      aria-setsize={places}
      style={{ transform: `translateY(${top_px}px)` }}
      onClick={choose}
      onDblClick={() => go(alertPath(alert.id))}
    >
      <PriorityBadge alert={alert} />
      <span class="row-bed named">{alert.bed ?? alert.device ?? alert.subject}</span>
      <span class="row-what">
        <span class="row-text named">{alert.text ?? alert.rule ?? `${alert.kind} alert`}</span>
        <span class="row-about">
          <span class="named">{alert.patient || alert.subject}</span>
          <span>{conditionWord(alert)}</span>
          {alert.folds > 0 ? <span>set in again ×{alert.folds}</span> : null}
          {alert.disputed ? <span>disputed</span> : null}
        </span>
      </span>
      <span class="row-standing">
        <span class="named">{standing(alert)}</span>
        <Deadline alert={alert} />
      </span>
      <span class="row-age">
        <Age at_us={alert.raised_at_us} />
      </span>
    </li>
  );
}

function Deadline({ alert }: { alert: Alert }) {
  if (!isOpen(alert) || alert.deadline_us === undefined) return <span class="muted">{alert.unit}</span>;
  const isSnoozed = (alert.snoozed_until_us ?? 0) > now_s.value * 1e6;
  return (
    <span class="muted">
      {deadlineWord(alert)} <Countdown to_us={alert.deadline_us} />
      {isSnoozed ? ", snoozed" : ""}
    </span>
  );
}
