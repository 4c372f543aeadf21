import { isWatching } from "../state/session.ts";
import { askToNotify } from "../state/attention.ts";
import { armed, armSound } from "../state/sound.ts";
import { Icon } from "../ui/Icon.tsx";

/** Browsers let nothing sound before somebody did something on the page. Until then that is a fault. */
export function SoundFault() {
  if (armed.value || !isWatching.value) return null;
  return (
    <button type="button" class="sound-fault" onClick={() => {
        void armSound();
        askToNotify();
      }}>
      <Icon name="silent" />
      <strong>Sound off</strong> click to arm
    </button>
  );
}
