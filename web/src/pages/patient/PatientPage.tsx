import { useEffect, useState } from "preact/hooks";
import { getValues } from "../../api/board.ts";
import { getPatient } from "../../api/patients.ts";
import { inWords, Problem } from "../../api/problem.ts";
import type { Patient } from "../../model/patient.ts";
import { moment } from "../../model/words.ts";
import { can } from "../../state/session.ts";
import { now_s } from "../../state/time.ts";
import { takeVitals } from "../../state/vitals.ts";
import { loadBoard } from "../../state/feed.ts";
import { Refusal } from "../../ui/Refusal.tsx";
import { BreakGlass } from "../stay/BreakGlass.tsx";
import { StayActions } from "../stay/StayActions.tsx";
import { PatientAlerts } from "./PatientAlerts.tsx";
import { Stay } from "./Stay.tsx";
import { Trends } from "./Trends.tsx";
import { Values } from "./Values.tsx";
import { WhoLooked } from "./WhoLooked.tsx";

export function PatientPage({ id }: { id: string }) {
  const [patient, setPatient] = useState<Patient>();
  const [refusal, setRefusal] = useState<{ words: string; isAbsent: boolean }>();
  const load = async () => {
    try {
      setPatient(await getPatient(id));
      setRefusal(undefined);
      takeVitals([await getValues(id)]);
    } catch (error) {
      setRefusal({ words: inWords(error), isAbsent: error instanceof Problem && error.status === 404 });
    }
  };
  useEffect(() => {
    void load();
  }, [id]);
  const mayChange = can.value.includes("administer");
  const changed = () => {
    void load();
    void loadBoard().catch(() => {});
  };
  return (
    <main class="page page-narrow">
      <div class="page-head">
        <h1 class="said">
          {patient?.bed ?? id} <span class="muted">{patient ? `${id} · ${patient.unit}` : ""}</span>
        </h1>
        {patient && mayChange ? <StayActions patient={patient} changed={changed} /> : null}
      </div>
      <Refusal text={refusal?.words} />
      {refusal?.isAbsent && can.value.includes("break the glass") ? <BreakGlass id={id} done={changed} /> : null}
      {patient?.standby ? (
        <p class="refusal">
          Standby until {moment(patient.standby.until_us, now_s.value * 1e6)}: signals are off, evaluation is on.{" "}
          {patient.standby.reason} ({patient.standby.by})
        </p>
      ) : null}
      {patient ? (
        <>
          <PatientAlerts id={id} />
          <Values id={id} />
          <Trends id={id} />
          <Stay patient={patient} />
          {can.value.includes("read the audit trail") ? <WhoLooked id={id} /> : null}
        </>
      ) : null}
    </main>
  );
}
