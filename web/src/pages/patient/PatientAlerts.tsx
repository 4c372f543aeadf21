import { isOwned } from "../../model/alert.ts";
import { alertsByPatient } from "../../state/alerts.ts";
import { me } from "../../state/session.ts";
import { AlertCard } from "../../ui/AlertCard.tsx";
import { HandOver } from "../shift/HandOver.tsx";

export function PatientAlerts({ id }: { id: string }) {
  const alerts = alertsByPatient.value.get(id) ?? [];
  const person = me.value?.person ?? "";
  const owned = alerts.filter((alert) => isOwned(alert) && alert.people.includes(person)).length;
  return (
    <section class="card" aria-labelledby="alerts">
      <h2 id="alerts">Open alerts</h2>
      {alerts.length === 0 ? <p class="muted">None that you may see.</p> : null}
      <ul class="patient-alerts">
        {alerts.map((alert) => (
          <AlertCard key={alert.id} alert={alert} />
        ))}
      </ul>
      {owned > 0 ? <HandOver count={owned} patient={id} /> : null}
    </section>
  );
}
