import { useEffect, useState } from "preact/hooks";
import { getAlert, getHistory } from "../../api/alerts.ts";
import { inWords } from "../../api/problem.ts";
import type { Alert, AlertFact } from "../../model/alert.ts";
import { conditionWord, deadlineWord, standing } from "../../model/words.ts";
import { patientPath } from "../../router.ts";
import { alertById, position, takeAlert } from "../../state/alerts.ts";
import { Age, Countdown } from "../../ui/Age.tsx";
import { PriorityBadge } from "../../ui/PriorityBadge.tsx";
import { Refusal } from "../../ui/Refusal.tsx";
import { useVerbKeys } from "../answer/useVerbKeys.ts";
import { VerbButtons } from "../answer/VerbButtons.tsx";
import { Around } from "./Around.tsx";
import { Timeline } from "./Timeline.tsx";
import { Why } from "./Why.tsx";

/** Why it fired, who was asked and what they answered. */
export function AlertPage({ id }: { id: string }) {
  const alert = alertById(id);
  const [facts, setFacts] = useState<AlertFact[]>();
  const [refusal, setRefusal] = useState<string>();
  // Each event of this alert changes it: its history is read again then.
  const version = `${alert?.version} ${alert?.folds} ${alert?.present} ${alert?.verdict} ${alert?.snoozed_until_us} ${position.value > 0}`;
  useEffect(() => {
    let isCurrent = true;
    const load = async () => {
      try {
        if (!alertById(id)) takeAlert(await getAlert(id));
        const history = await getHistory(id);
        if (isCurrent) setFacts(history.facts);
        if (isCurrent) setRefusal(undefined);
      } catch (error) {
        if (isCurrent) setRefusal(inWords(error));
      }
    };
    void load();
    return () => {
      isCurrent = false;
    };
  }, [id, version]);
  useVerbKeys(alert);
  return (
    <main class="page page-narrow">
      {alert ? <Head alert={alert} /> : <h1>Alert</h1>}
      <Refusal text={refusal} />
      {alert ? <VerbButtons alert={alert} /> : null}
      <div class="alert-parts">
        {alert ? <Why alert={alert} /> : null}
        <div class="alert-course">
          {alert ? <Around alert={alert} /> : null}
          {facts ? <Timeline facts={facts} alert={alert} /> : null}
        </div>
      </div>
    </main>
  );
}

function Head({ alert }: { alert: Alert }) {
  return (
    <div class="alert-head">
      <PriorityBadge alert={alert} />
      <h1 class="said">
        <span class="named">{alert.bed ?? alert.device ?? alert.subject}</span> {alert.text ?? alert.rule}
      </h1>
      <p class="muted">
        {alert.patient ? <a href={patientPath(alert.patient)}>{alert.patient}</a> : alert.subject} · {alert.unit} · raised{" "}
        <Age at_us={alert.raised_at_us} /> ago · {conditionWord(alert)}
      </p>
      <p>
        <strong class="said">{standing(alert)}</strong>
        {alert.deadline_us !== undefined && alert.state !== "closed" ? (
          <>
            , {deadlineWord(alert)} <Countdown to_us={alert.deadline_us} />
          </>
        ) : null}
      </p>
    </div>
  );
}
