import { duration } from "../model/words.ts";
import { link } from "../state/link.ts";
import { isWatching, me } from "../state/session.ts";
import { now_s } from "../state/time.ts";

/** Across the whole width as soon as what is shown may not be what is so. */
export function NotLive() {
  void now_s.value;
  const { state, silent_s } = link.value;
  return (
    <div role="alert">
      {state === "not-live" && me.value !== null && (isWatching.value || me.value === undefined) ? (
        <div class="not-live">
          <strong>NOT LIVE</strong>
          <span>
            {silent_s === undefined
              ? "No connection to the server. "
              : `Nothing heard from the server for ${duration(silent_s)}. `}
            What you see is old. Look at the patients and at the monitors.
          </span>
        </div>
      ) : null}
    </div>
  );
}
