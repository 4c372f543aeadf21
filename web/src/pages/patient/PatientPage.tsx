import { useEffect, useState } from "preact/hooks";
import { getPatient } from "../../api/patients.ts";
import { inWords } from "../../api/problem.ts";
import type { Patient, Profile } from "../../model/patient.ts";
import { moment } from "../../model/words.ts";
import { isOwned } from "../../model/alert.ts";
import { me } from "../../state/session.ts";
import { HandOver } from "../shift/HandOver.tsx";
import { alertsByPatient } from "../../state/alerts.ts";
import { now_s } from "../../state/time.ts";
import { AlertCard } from "../../ui/AlertCard.tsx";
import { Refusal } from "../../ui/Refusal.tsx";

export function PatientPage({ id }: { id: string }) {
  const [patient, setPatient] = useState<Patient>();
  const [refusal, setRefusal] = useState<string>();
  useEffect(() => {
    getPatient(id).then(setPatient, (error: unknown) => setRefusal(inWords(error)));
  }, [id]);
  return (
    <main class="page page-narrow">
      <div class="page-head">
        <h1 class="said">
          {patient?.bed ?? id} <span class="muted">{patient ? `${id} · ${patient.unit}` : ""}</span>
        </h1>
      </div>
      <Refusal text={refusal} />
      {patient?.standby ? (
        <p class="refusal">
          Standby until {moment(patient.standby.until_us, now_s.value * 1e6)}: signals are off, evaluation is on.{" "}
          {patient.standby.reason} ({patient.standby.by})
        </p>
      ) : null}
      <Alerts id={id} />
      {patient ? <Stay patient={patient} /> : null}
    </main>
  );
}

function Alerts({ id }: { id: string }) {
  const alerts = alertsByPatient.value.get(id) ?? [];
  const person = me.value?.person ?? "";
  const owned = alerts.filter((alert) => isOwned(alert) && alert.people.includes(person)).length;
  return (
    <section class="card" aria-labelledby="alerts">
      <h2 id="alerts">Open alerts</h2>
      {alerts.length === 0 ? (
        <p class="muted">None that you may see.</p>
      ) : (
        <ul class="patient-alerts">
          {alerts.map((alert) => (
            <AlertCard key={alert.id} alert={alert} />
          ))}
        </ul>
      )}
      {owned > 0 ? <HandOver count={owned} patient={id} /> : null}
    </section>
  );
}

const SETTINGS: Record<Profile["setting"], string> = {
  bedside: "bedside",
  ward: "ward",
  home: "home",
  device_clinic: "device clinic",
  unknown: "not stated: judged as bedside",
};

function Stay({ patient }: { patient: Patient }) {
  const { profile } = patient;
  const range =
    profile?.spo2_low_percent === undefined ? "not prescribed" : `${profile.spo2_low_percent}–${profile.spo2_high_percent} %`;
  const rows: [string, string | undefined][] = [
    ["Presence", patient.presence],
    ["Merged into", patient.merged_into || undefined],
    ["Devices", patient.devices.length === 0 ? "none: nothing watches this patient" : patient.devices.join(", ")],
    ["Age class", profile && (profile.age_class === "unknown" ? "not stated: limits that depend on age are missing" : profile.age_class)],
    ["Pregnant", profile?.pregnant ? "yes" : undefined],
    ["SpO2 range", profile && range],
    ["NEWS2 SpO2 scale", profile && (profile.spo2_scale_2 ? "2" : "1")],
    ["Setting", profile && SETTINGS[profile.setting]],
  ];
  return (
    <section class="card" aria-labelledby="stay">
      <h2 id="stay">Stay</h2>
      <dl class="facts">
        {rows.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="said">{value}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}
