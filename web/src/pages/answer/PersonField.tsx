import { useId } from "preact/hooks";
import { openAlerts } from "../../state/alerts.ts";
import { change, draft } from "../../state/answering.ts";
import { me } from "../../state/session.ts";

/** People are named by their id; those who are asked now are offered. */
export function PersonField({ label, required }: { label: string; required: boolean }) {
  const list = useId();
  const known = new Set(openAlerts.value.flatMap((alert) => alert.people));
  known.delete(me.value?.person ?? "");
  return (
    <label class="field">
      <span>{label}</span>
      <input
        class="input"
        list={list}
        required={required}
        autocomplete="off"
        spellcheck={false}
        value={draft.value?.to}
        onInput={(event) => change({ to: event.currentTarget.value, refusal: undefined })}
      />
      <datalist id={list}>
        {[...known].sort().map((person) => (
          <option key={person} value={person} />
        ))}
      </datalist>
    </label>
  );
}
