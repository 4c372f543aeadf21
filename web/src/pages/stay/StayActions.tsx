import { useState } from "preact/hooks";
import { beginStandby, discharge, endStandby, move } from "../../api/stays.ts";
import type { Patient } from "../../model/patient.ts";
import { clock } from "../../state/time.ts";
import { ActionForm, textOf } from "../../ui/ActionForm.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { PlaceFields } from "./PlaceFields.tsx";

type Wanted = "move" | "standby" | "end-standby" | "discharge";

const TITLES: Record<Wanted, string> = {
  move: "Move",
  standby: "Begin a standby",
  "end-standby": "End the standby",
  discharge: "Discharge",
};

/** What changes a patient's stay. */
export function StayActions({ patient, changed }: { patient: Patient; changed: () => void }) {
  const [wanted, setWanted] = useState<Wanted>();
  if (patient.presence !== undefined && patient.presence !== "admitted") return null;
  const offered: Wanted[] = ["move", patient.standby ? "end-standby" : "standby", "discharge"];
  const done = () => {
    setWanted(undefined);
    changed();
  };
  return (
    <>
      <div class="choices">
        {offered.map((verb) => (
          <button key={verb} type="button" class="button" onClick={() => setWanted(verb)}>
            {TITLES[verb]}
          </button>
        ))}
      </div>
      {wanted ? (
        <Dialog title={`${TITLES[wanted]}: ${patient.bed ?? patient.patient}`} close={() => setWanted(undefined)}>
          <Form wanted={wanted} patient={patient} done={done} />
        </Dialog>
      ) : null}
    </>
  );
}

function Form({ wanted, patient, done }: { wanted: Wanted; patient: Patient; done: () => void }) {
  const id = patient.patient;
  switch (wanted) {
    case "move":
      return (
        <ActionForm verb="Move" done={done} act={(fields, key) => move(id, textOf(fields, "unit"), textOf(fields, "bed"), key)}>
          <PlaceFields unit={patient.unit} />
        </ActionForm>
      );
    case "standby":
      return (
        <ActionForm
          verb="Begin"
          done={done}
          act={(fields, key) =>
            beginStandby(id, textOf(fields, "reason"), clock.now_us() + Number(fields.get("minutes")) * 60e6, key)
          }
        >
          <p class="muted">Signals are off, evaluation goes on. It ends by itself when valid signals return, and at its end.</p>
          <label class="field">
            <span>Reason</span>
            <input class="input" name="reason" required dir="auto" maxLength={500} autofocus />
          </label>
          <label class="field">
            <span>Minutes</span>
            <input class="input" name="minutes" type="number" min={1} max={1440} value={30} required />
          </label>
        </ActionForm>
      );
    case "end-standby":
      return (
        <ActionForm verb="End" done={done} act={(_, key) => endStandby(id, key)}>
          <p class="muted">Whoever is due for what the standby held is asked now.</p>
        </ActionForm>
      );
    case "discharge":
      return (
        <ActionForm verb="Discharge" isDangerous done={done} act={(fields, key) => discharge(id, fields.get("died") === "on", key)}>
          <p class="muted">Closes the open alerts, on record, and frees {patient.devices.length} devices.</p>
          <label class="check">
            <input type="checkbox" name="died" /> The patient died
          </label>
        </ActionForm>
      );
  }
}
