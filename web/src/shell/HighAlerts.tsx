import { useRef } from "preact/hooks";
import { isOpen } from "../model/alert.ts";
import { openAlerts } from "../state/alerts.ts";

const SAID_MAX = 3;

/** For screen readers: new high alerts, and nothing else, interrupt. */
export function HighAlerts() {
  const known = useRef(new Set<string>());
  const high = openAlerts.value.filter((alert) => alert.priority === "high" && alert.state === "waiting" && isOpen(alert));
  const fresh = high.filter((alert) => !known.current.has(`${alert.id} ${alert.round}`));
  const last = useRef("");
  if (fresh.length > 0) {
    const said = fresh.slice(0, SAID_MAX).map((alert) => `High alert, ${alert.bed ?? alert.subject}: ${alert.text ?? ""}`);
    last.current = said.concat(fresh.length > SAID_MAX ? [`and ${fresh.length - SAID_MAX} more high alerts`] : []).join(". ");
  }
  known.current = new Set(high.map((alert) => `${alert.id} ${alert.round}`));
  return (
    <div class="unseen" aria-live="assertive" data-testid="high-alerts">
      {high.length > 0 ? last.current : ""}
    </div>
  );
}
