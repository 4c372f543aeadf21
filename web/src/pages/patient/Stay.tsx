import type { Patient, Profile } from "../../model/patient.ts";

const SETTINGS: Record<Profile["setting"], string> = {
  bedside: "bedside",
  ward: "ward",
  home: "home",
  device_clinic: "device clinic",
  unknown: "not stated: judged as bedside",
};

/** Where the patient is, what watches them, and by what limits they are judged. */
export function Stay({ patient }: { patient: Patient }) {
  const { profile } = patient;
  const range =
    profile?.spo2_low_percent === undefined ? "not prescribed" : `${profile.spo2_low_percent}–${profile.spo2_high_percent} %`;
  const age = profile?.age_class === "unknown" ? "not stated: limits that depend on age are missing" : profile?.age_class;
  const rows: [string, string | undefined][] = [
    ["Presence", patient.presence],
    ["Merged into", patient.merged_into || undefined],
    ["Devices", patient.devices.length === 0 ? "none: nothing watches this patient" : patient.devices.join(", ")],
    ["Age class", age],
    ["Pregnant", profile?.pregnant ? "yes" : undefined],
    ["SpO₂ range", profile && range],
    ["NEWS2 scale", profile && (profile.spo2_scale_2 ? "2" : "1")],
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
