import { change, draft } from "../../state/answering.ts";

const REASONS = ["At the bedside", "Known, being treated", "Checked the patient: artefact", "Device is being seen to"];
const CHARACTERS_MAX = 500;

/** Required but for a snooze; one click for what is said most. */
export function ReasonField() {
  const wanted = draft.value;
  if (!wanted) return null;
  const isOptional = wanted.verb === "snooze";
  return (
    <div class="form">
      <label class="field">
        <span>{wanted.verb === "comment" ? "Text" : isOptional ? "Reason (optional)" : "Reason"}</span>
        <textarea
          class="input"
          rows={2}
          maxLength={CHARACTERS_MAX}
          dir="auto"
          autofocus
          value={wanted.reason}
          onInput={(event) => change({ reason: event.currentTarget.value, refusal: undefined })}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }
          }}
        />
      </label>
      {wanted.verb === "comment" ? null : (
        <div class="choices">
          {REASONS.map((reason) => (
            <button key={reason} type="button" class="button" onClick={() => change({ reason })}>
              {reason}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
