import type { Action } from "../keys/keymap.ts";
import { keymap } from "../state/settings.ts";

export function KeyHint({ action }: { action: Action }) {
  const key = keymap.value[action];
  return key === "" ? null : <kbd aria-hidden="true">{key.toUpperCase()}</kbd>;
}
