import { useState } from "preact/hooks";
import { type Action, ACTIONS, isKey, LABELS, remap } from "../../keys/keymap.ts";
import { keymap, restoreKeys } from "../../state/settings.ts";

/** Which key does what; each can be moved or taken away. */
export function KeysPage() {
  return (
    <main class="page page-narrow">
      <div class="page-head">
        <h1>Keys</h1>
        <button type="button" class="button" onClick={restoreKeys}>
          Restore the defaults
        </button>
      </div>
      <p class="muted">
        Single keys act while nobody types. Press a key in a field to use it; Backspace takes it away. Arrows, Enter and Escape
        always do what they say.
      </p>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Does</th>
            <th scope="col">Key</th>
          </tr>
        </thead>
        <tbody>
          {ACTIONS.map((action) => (
            <KeyRow key={action} action={action} />
          ))}
        </tbody>
      </table>
    </main>
  );
}

function KeyRow({ action }: { action: Action }) {
  const [isRefused, setRefused] = useState(false);
  const take = (event: KeyboardEvent) => {
    if (event.key === "Tab" || event.key === "Shift" || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const key = event.key === "Backspace" || event.key === "Delete" ? "" : event.key;
    setRefused(key !== "" && !isKey(key));
    if (key === "" || isKey(key)) keymap.value = remap(keymap.peek(), action, key);
  };
  return (
    <tr>
      <th scope="row">{LABELS[action]}</th>
      <td>
        <input class="input key-input" readOnly aria-label={`Key: ${LABELS[action]}`} value={keymap.value[action].toUpperCase()} placeholder="none" onKeyDown={take} />
        <span role="status">{isRefused ? " Only a single character." : ""}</span>
      </td>
    </tr>
  );
}
