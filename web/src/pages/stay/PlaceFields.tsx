import { useEffect, useState } from "preact/hooks";
import { listUnits } from "../../api/patients.ts";

/** A unit that is known, and a bed. */
export function PlaceFields({ unit }: { unit?: string }) {
  const [units, setUnits] = useState<readonly string[]>(unit === undefined ? [] : [unit]);
  useEffect(() => {
    // Without the list there is the unit that the patient is in.
    listUnits().then(({ units }) => setUnits(units.map((known) => known.unit)), () => {});
  }, []);
  return (
    <>
      <label class="field">
        <span>Unit</span>
        <select class="input" name="unit" required defaultValue={unit} key={units.join()}>
          {units.map((known) => (
            <option key={known} value={known} selected={known === unit}>
              {known}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Bed</span>
        <input class="input" name="bed" required dir="auto" maxLength={100} autocomplete="off" />
      </label>
    </>
  );
}
