import { change, draft } from "../../state/answering.ts";
import { me } from "../../state/session.ts";

/** At a workstation that several people share: whoever answers says so, with their PIN. */
export function OtherPerson() {
  const wanted = draft.value;
  if (!wanted) return null;
  return (
    <details class="other-person">
      <summary>Not {me.value?.person}? Answer as yourself, with your PIN</summary>
      <div class="other-fields">
        <label class="field">
          <span>Your name</span>
          <input class="input" autocomplete="off" spellcheck={false} value={wanted.by} onInput={(event) => change({ by: event.currentTarget.value })} />
        </label>
        <label class="field">
          <span>PIN</span>
          <input
            class="input"
            type="password"
            inputMode="numeric"
            autocomplete="off"
            value={wanted.pin}
            onInput={(event) => change({ pin: event.currentTarget.value })}
          />
        </label>
      </div>
    </details>
  );
}
