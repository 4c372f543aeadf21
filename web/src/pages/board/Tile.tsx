import type { Alert } from "../../model/alert.ts";
import { conditionWord, deadlineWord, moment, standing } from "../../model/words.ts";
import type { Tile as TileOf } from "../../state/patients.ts";
import { now_s } from "../../state/time.ts";
import { vitalsOf } from "../../state/vitals.ts";
import { Age, Countdown } from "../../ui/Age.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { PriorityBadge } from "../../ui/PriorityBadge.tsx";
import { Sparkline } from "../../ui/Sparkline.tsx";
import { VitalValue } from "../../ui/VitalValue.tsx";

export const TILE_PX = 266;

/** Beyond these the patient's page has the rest. */
const VITALS_MAX = 4;

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
      <Vitals patient={patient.patient} />
      {worst ? <Worst alert={worst} more={alerts.length - 1} /> : null}
    </button>
  );
}

function Vitals({ patient }: { patient: string }) {
  const vitals = vitalsOf(patient).value.slice(0, VITALS_MAX);
  const drawn = vitals[0];
  if (!drawn) return <span class="tile-none">no values</span>;
  return (
    <>
      <span class="vitals">
        {vitals.map((vital) => (
          <VitalValue key={vital.code} vital={vital} />
        ))}
      </span>
      <Sparkline vital={drawn} />
    </>
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
