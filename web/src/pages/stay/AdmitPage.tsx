import { admit } from "../../api/stays.ts";
import type { Profile } from "../../model/patient.ts";
import { go, patientPath } from "../../router.ts";
import { ActionForm, textOf } from "../../ui/ActionForm.tsx";
import { PlaceFields } from "./PlaceFields.tsx";

const AGES: readonly [Profile["age_class"], string][] = [
  ["unknown", "Not known: limits that depend on age are missing, loudly"],
  ["adult", "Adult, 16 years and older"],
  ["child", "Child, from the 29th day"],
  ["newborn", "Newborn, up to the 28th day"],
];

const SETTINGS: readonly [Profile["setting"], string][] = [
  ["unknown", "Not stated: judged as bedside"],
  ["bedside", "Bedside"],
  ["ward", "Ward"],
  ["home", "Home"],
  ["device_clinic", "Device clinic"],
];

export function AdmitPage() {
  let admitted = "";
  return (
    <main class="page page-form">
      <h1>Admit a patient</h1>
      <div class="card">
        <ActionForm
          verb="Admit"
          done={() => go(patientPath(admitted))}
          act={(fields, key) => {
            admitted = textOf(fields, "patient");
            const place = { unit: textOf(fields, "unit"), bed: textOf(fields, "bed") };
            return admit({ patient: admitted, ...place, profile: profileOf(fields) }, key);
          }}
        >
          <label class="field">
            <span>Patient (an opaque id, no name)</span>
            <input class="input" name="patient" required autocomplete="off" spellcheck={false} pattern="[A-Za-z0-9._\-]+" title="Letters, digits, dot, dash, underscore" />
          </label>
          <PlaceFields />
          <Choice name="age_class" title="Age" options={AGES} />
          <Choice name="setting" title="Cared for" options={SETTINGS} />
          <label class="check">
            <input type="checkbox" name="pregnant" /> Pregnant
          </label>
          <label class="check">
            <input type="checkbox" name="spo2_scale_2" /> NEWS2 SpO₂ scale 2 is prescribed
          </label>
        </ActionForm>
      </div>
    </main>
  );
}

function profileOf(fields: FormData): Profile {
  return {
    age_class: textOf(fields, "age_class") as Profile["age_class"],
    setting: textOf(fields, "setting") as Profile["setting"],
    pregnant: fields.get("pregnant") === "on",
    spo2_scale_2: fields.get("spo2_scale_2") === "on",
  };
}

function Choice({ name, title, options }: { name: string; title: string; options: readonly (readonly [string, string])[] }) {
  return (
    <label class="field">
      <span>{title}</span>
      <select class="input" name={name}>
        {options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
