import { useState } from "preact/hooks";
import { handOverAll } from "../../api/alerts.ts";
import { newKey } from "../../api/http.ts";
import { inWords } from "../../api/problem.ts";
import { takeAlert } from "../../state/alerts.ts";
import { Refusal } from "../../ui/Refusal.tsx";

/** Everything that I own, or all of it of one patient, to one person, who accepts it or not. */
export function HandOver({ count, patient }: { count: number; patient?: string }) {
  const [to, setTo] = useState("");
  const [note, setNote] = useState("");
  const [key, setKey] = useState(newKey);
  const [isSending, setSending] = useState(false);
  const [said, setSaid] = useState<{ done?: string; refusal?: string }>({});
  const submit = async (event: Event) => {
    event.preventDefault();
    setSending(true);
    setSaid({});
    try {
      const { answers } = await handOverAll(to.trim(), note.trim(), patient, key);
      for (const { alert } of answers) takeAlert(alert);
      setSaid({ done: `Offered ${answers.length} to ${to.trim()}: on record. You stay responsible until they are accepted.` });
      setKey(newKey());
    } catch (error) {
      setSaid({ refusal: inWords(error) });
    }
    setSending(false);
  };
  const changed = (set: (text: string) => void) => (event: { currentTarget: { value: string } }) => {
    set(event.currentTarget.value);
    setKey(newKey());
  };
  return (
    <form class="form hand-over" onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span>Hand over all {count} to</span>
        <input class="input" required autocomplete="off" spellcheck={false} value={to} onInput={changed(setTo)} />
      </label>
      <label class="field">
        <span>Note</span>
        <input class="input" required dir="auto" maxLength={500} value={note} onInput={changed(setNote)} />
      </label>
      <button type="submit" class="button button-main" disabled={isSending}>
        {isSending ? "Waiting for the commit" : patient === undefined ? "Hand over the shift" : "Hand over this patient"}
      </button>
      <Refusal text={said.refusal} />
      <p role="status">{said.done}</p>
    </form>
  );
}
