import { useRef } from "preact/hooks";
import type { Alert } from "../../model/alert.ts";
import { WORD, MARKS } from "../../alarm/priority.ts";
import { conditionWord, moment, standing } from "../../model/words.ts";
import { openAlerts } from "../../state/alerts.ts";
import { link } from "../../state/link.ts";
import { type Tile, tiles } from "../../state/patients.ts";
import { unit } from "../../state/settings.ts";
import { clock, now_s } from "../../state/time.ts";
import { numberOf, titleOf, unitOf } from "../../model/vital.ts";
import { vitalsOf } from "../../state/vitals.ts";
import { Age } from "../../ui/Age.tsx";
import { keepCopy } from "./copy.ts";

/** The last known state of a unit on paper: for when the platform, the network or the power is lost. */
export function DowntimePage() {
  const sheet = useRef<HTMLDivElement>(null);
  const now_us = now_s.value * 1e6;
  const rows = tiles.value.filter(({ patient }) => unit.value === "" || patient.unit === unit.value);
  const others = openAlerts.value.filter((alert) => !alert.patient && (unit.value === "" || alert.unit === unit.value));
  const known_us = now_us - (link.value.silent_s ?? 0) * 1e6;
  return (
    <main class="page page-narrow downtime">
      <div class="page-head no-print">
        <h1>Downtime sheet</h1>
        <div class="choices">
          <button type="button" class="button" onClick={() => keepCopy(sheet.current, clock.now_us())}>
            Keep a copy on this computer
          </button>
          <button type="button" class="button button-main" onClick={() => print()}>
            Print
          </button>
        </div>
      </div>
      <p class="muted no-print">
        A copy holds patient data and is not protected by Vigil: keep it where the unit keeps its papers, and destroy it as those.
      </p>
      <div ref={sheet} class="sheet">
        <h2>
          Unit {unit.value === "" ? "all that I may see" : unit.value}: as known at {moment(known_us, now_us)}
        </h2>
        <p>
          {link.value.state === "live" ? "The platform was live." : "The platform was NOT LIVE: what follows is older than that."} Ages are those at
          this time. {rows.length} patients.
        </p>
        <table class="table">
          <thead>
            <tr>
              {["Bed", "Patient", "Open alerts, the worst first", "Newest values"].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((tile) => (
              <Row key={tile.patient.patient} tile={tile} now_us={now_us} />
            ))}
          </tbody>
        </table>
        {others.length > 0 ? (
          <>
            <h3>Alerts without a patient</h3>
            <ul>
              {others.map((alert) => (
                <li key={alert.id}>
                  <Line alert={alert} />
                </li>
              ))}
            </ul>
          </>
        ) : null}
      </div>
    </main>
  );
}

function Row({ tile: { patient, alerts }, now_us }: { tile: Tile; now_us: number }) {
  return (
    <tr>
      <th scope="row" class="said">
        {patient.bed ?? "?"}
      </th>
      <td class="said">
        {patient.patient}
        {patient.standby ? ` (standby until ${moment(patient.standby.until_us, now_us)}: ${patient.standby.reason ?? ""})` : ""}
      </td>
      <td>
        {alerts.length === 0 ? "none" : alerts.map((alert) => <Line key={alert.id} alert={alert} />)}
      </td>
      <td>
        <NewestValues patient={patient.patient} />
      </td>
    </tr>
  );
}

function NewestValues({ patient }: { patient: string }) {
  const vitals = vitalsOf(patient).value;
  if (vitals.length === 0) return <>none</>;
  return (
    <>
      {vitals.map((vital) => (
        <div key={vital.code} class="said">
          {titleOf(vital.code, vital.title)}{" "}
          {vital.validity === "no_signal" || vital.validity === "invalid"
            ? vital.validity.replace("_", " ")
            : vital.value === undefined
              ? (vital.word ?? "no value")
              : `${numberOf(vital.code, vital.value)} ${unitOf(vital.unit)}`}
          , <Age at_us={vital.received_us} /> before
        </div>
      ))}
    </>
  );
}

function Line({ alert }: { alert: Alert }) {
  return (
    <div class="said">
      {MARKS[alert.priority]} {WORD[alert.priority]} {alert.patient ? "" : `${alert.subject}: `}
      {alert.text ?? alert.rule}, {conditionWord(alert)}, raised <Age at_us={alert.raised_at_us} /> before; {standing(alert)}
    </div>
  );
}
