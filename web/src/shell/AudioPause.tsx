import { useEffect } from "preact/hooks";
import { bind } from "../keys/listen.ts";
import { duration } from "../model/words.ts";
import { isWatching } from "../state/session.ts";
import { armed, endPause, pause, pauseSound } from "../state/sound.ts";
import { now_s } from "../state/time.ts";
import { Icon } from "../ui/Icon.tsx";
import { KeyHint } from "../ui/KeyHint.tsx";

/** Silences this workstation for at most 120 s, but for what is new or becomes worse. */
export function AudioPause() {
  useEffect(() => bind({ "pause-audio": () => (pause.peek() ? endPause() : pauseSound()) }), []);
  if (!armed.value || !isWatching.value) return null;
  const left_s = pause.value ? pause.value.until_us / 1e6 - now_s.value : 0;
  return pause.value ? (
    <button type="button" class="button audio-paused" onClick={endPause}>
      <Icon name="silent" /> Paused {duration(left_s)}
    </button>
  ) : (
    <button type="button" class="button" onClick={pauseSound}>
      <Icon name="sound" /> <span class="header-pause">Pause</span><span class="unseen"> audio</span> <KeyHint action="pause-audio" />
    </button>
  );
}
