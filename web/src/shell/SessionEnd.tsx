import { getMe } from "../api/sessions.ts";
import { duration } from "../model/words.ts";
import { endsIn_s, me } from "../state/session.ts";

const WARN_S = 120;

/** Before the session ends by itself, since nothing is watched here after that. */
export function SessionEnd() {
  const left_s = endsIn_s.value;
  if (left_s === undefined || left_s > WARN_S) return null;
  const stay = async () => {
    // Asking is what keeps the session; the stream notices if it is over.
    me.value = await getMe().catch(() => me.value);
  };
  return (
    <div class="session-end" role="alert">
      <span>
        You will be signed out in <strong>{duration(left_s)}</strong>. Nothing is watched here after that.
      </span>
      <button type="button" class="button" onClick={() => void stay()}>
        Stay signed in
      </button>
    </div>
  );
}
