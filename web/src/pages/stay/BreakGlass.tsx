import { breakGlass } from "../../api/stays.ts";
import { ActionForm, textOf } from "../../ui/ActionForm.tsx";

const REASON_CHARACTERS_MIN = 8;

/** For who has to see a patient of another care team now. On record at once, with an end, reviewed by somebody else. */
export function BreakGlass({ id, done }: { id: string; done: () => void }) {
  return (
    <section class="card" aria-labelledby="glass">
      <h2 id="glass">Break the glass</h2>
      <p class="muted">
        If this patient is there and you are not on the care team, an emergency lets you see them for a while. It is on record at once,
        and somebody else reviews it.
      </p>
      <ActionForm verb="Break the glass" isDangerous done={done} act={(fields, key) => breakGlass(id, textOf(fields, "reason"), Number(fields.get("minutes")), key)}>
        <label class="field">
          <span>Reason</span>
          <input class="input" name="reason" required minLength={REASON_CHARACTERS_MIN} maxLength={500} dir="auto" />
        </label>
        <label class="field">
          <span>Minutes</span>
          <input class="input" name="minutes" type="number" min={1} max={480} value={60} required />
        </label>
      </ActionForm>
    </section>
  );
}
