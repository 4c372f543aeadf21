import { age, duration } from "../model/words.ts";
import { now_s } from "../state/time.ts";

/** How long ago something was, by the server's clock. */
export function Age({ at_us }: { at_us: number }) {
  return <>{age(now_s.value - at_us / 1e6)}</>;
}

/** How long until something is due; afterwards, how long it has been. */
export function Countdown({ to_us }: { to_us: number }) {
  const left_s = to_us / 1e6 - now_s.value;
  return <>{left_s >= 0 ? duration(left_s) : `due since ${duration(-left_s)}`}</>;
}
