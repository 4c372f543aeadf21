import type { Alert } from "../../model/alert.ts";
import { conditionWord, deadlineWord, moment, standing } from "../../model/words.ts";
import type { Tile as TileOf } from "../../state/patients.ts";
import { now_s } from "../../state/time.ts";
import { Age, Countdown } from "../../ui/Age.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { PriorityBadge } from "../../ui/PriorityBadge.tsx";

export const TILE_PX = 172;

interface Props {
  id: string;
  tile: TileOf;
  /** The one that Tab reaches; arrows go on from there. */
  isReached: boolean;
  reach: () => void;
  open: () => void;
}

export function Tile({ id, tile, isReached, reach, open }: Props) {
  const { patient, alerts } = tile;
  const worst = alerts[0];
  return (
    <button
      id={id}
      type="button"
      class={worst ? `tile tile-${worst.priority}` : "tile"}
      data-patient={patient.patient}
      tabIndex={isReached ? 0 : -1}
      onFocus={reach}
      onClick={open}
    >
      <span class="tile-head">
        <span class="tile-bed named">{patient.bed ?? patient.patient}</span>
        {worst ? <PriorityBadge alert={worst} /> : <span class="tile-calm">no alert</span>}
      </span>
      <span class="tile-who named">
        {patient.patient} · {patient.unit}
      </span>
      {patient.standby ? (
        <span class="tile-standby">
          <Icon name="standby" /> Standby until {moment(patient.standby.until_us, now_s.value * 1e6)}
        </span>
      ) : null}
      {worst ? <Worst alert={worst} more={alerts.length - 1} /> : null}
    </button>
  );
}

function Worst({ alert, more }: { alert: Alert; more: number }) {
  return (
    <>
      <span class="tile-text">
        <span class="said">{alert.text ?? alert.rule}</span>
      </span>
      <span class="tile-foot">
        <span class="named">
          {standing(alert)}
          {alert.deadline_us === undefined ? null : (
            <>
              , {deadlineWord(alert)} <Countdown to_us={alert.deadline_us} />
            </>
          )}
        </span>
        <span>
          <Age at_us={alert.raised_at_us} /> ago · {conditionWord(alert)}
          {more > 0 ? ` · ${more} more` : ""}
        </span>
      </span>
    </>
  );
}
