import { link } from "../state/link.ts";
import { isWatching } from "../state/session.ts";

const WORDS = { starting: "connecting", live: "live", reconnecting: "reconnecting", "not-live": "NOT LIVE" } as const;

/** Always there: whether what is shown is what is so, and when the server was last heard. */
export function LiveMarker() {
  const { state, silent_s } = link.value;
  if (!isWatching.value) return <span class="live">nothing live</span>;
  return (
    <span class={`live live-${state}`} data-live={state}>
      <span class="live-dot" aria-hidden="true" />
      {WORDS[state]}
      {silent_s === undefined ? null : <span class="live-age">{silent_s} s</span>}
    </span>
  );
}
