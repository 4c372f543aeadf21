import { useEffect, useState } from "preact/hooks";
import { type AlertPage, listAllAlerts } from "../../api/alerts.ts";
import { inWords } from "../../api/problem.ts";
import type { Alert } from "../../model/alert.ts";
import { MARKS, WORD } from "../../alarm/priority.ts";
import { moment } from "../../model/words.ts";
import { position } from "../../state/alerts.ts";
import { me } from "../../state/session.ts";
import { now_s } from "../../state/time.ts";
import { lastHere_us } from "../../state/visit.ts";
import { AlertCard } from "../../ui/AlertCard.tsx";
import { Refusal } from "../../ui/Refusal.tsx";
import { brief } from "./brief.ts";
import { HandOver } from "./HandOver.tsx";

const SHIFT_US = 8 * 3_600e6;

/** What happened since I was here, what is open, what I hand over. */
export function ShiftPage() {
  const [page, setPage] = useState<AlertPage>();
  const [refusal, setRefusal] = useState<string>();
  // Read again whenever something happened.
  const at = position.value;
  useEffect(() => {
    let isCurrent = true;
    listAllAlerts({ closed: true }).then(
      (read) => isCurrent && setPage(read),
      (error: unknown) => isCurrent && setRefusal(inWords(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [at]);
  const person = me.value?.person ?? "";
  const now_us = now_s.value * 1e6;
  const since_us = lastHere_us.value ?? now_us - SHIFT_US;
  if (!page) {
    return (
      <main class="page page-narrow">
        <h1>Shift</h1>
        <Refusal text={refusal} />
      </main>
    );
  }
  const { offered, owned, waiting, raised, unanswered } = brief(page.alerts, person, since_us);
  return (
    <main class="page page-narrow">
      <div class="page-head">
        <h1>Shift</h1>
        <p class="muted">
          {lastHere_us.value === undefined ? "The last 8 hours: this browser does not know when you were here. " : `Since you were here, ${moment(since_us, now_us)}: `}
          {(["high", "medium", "low"] as const).map((priority) => `${MARKS[priority]} ${raised[priority]} ${WORD[priority].toLowerCase()}`).join(", ")} raised
        </p>
      </div>
      <Refusal text={refusal} />
      <Part title="Offered to you" alerts={offered} none="Nobody offers you anything." hint="Accept one to take it over; until then the giver stays responsible." />
      <Part title="Yours" alerts={owned} none="You own no open alert.">
        {owned.length > 0 ? <HandOver count={owned.length} /> : null}
      </Part>
      <Part title="Waiting for somebody" alerts={waiting} none="Nothing waits." />
      <Part title="Ended unanswered" alerts={unanswered} none="Nothing ended without an answer." hint="Nobody looked at these. A verdict takes them off the list to review." />
    </main>
  );
}

interface PartProps {
  title: string;
  alerts: readonly Alert[];
  none: string;
  hint?: string;
  children?: preact.ComponentChildren;
}

const SHOWN_MAX = 50;

function Part({ title, alerts, none, hint, children }: PartProps) {
  return (
    <section class="card">
      <h2>
        {title} <span class="muted">{alerts.length}</span>
      </h2>
      {alerts.length === 0 ? <p class="muted">{none}</p> : hint ? <p class="muted">{hint}</p> : null}
      <ul class="patient-alerts">
        {alerts.slice(0, SHOWN_MAX).map((alert) => (
          <AlertCard key={alert.id} alert={alert} />
        ))}
      </ul>
      {alerts.length > SHOWN_MAX ? <p>And {alerts.length - SHOWN_MAX} more: see the inbox.</p> : null}
      {children}
    </section>
  );
}
