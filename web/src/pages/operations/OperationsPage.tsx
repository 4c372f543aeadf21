import { useEffect, useState } from "preact/hooks";
import { inWords } from "../../api/problem.ts";
import { getOperations, type Status } from "../../api/operations.ts";
import { now_s } from "../../state/time.ts";
import { Age } from "../../ui/Age.tsx";
import { Refusal } from "../../ui/Refusal.tsx";

const number = new Intl.NumberFormat("en-GB");

// What must be nothing while all is well.
const WORRIES = ["readings_quarantined", "readings_undecodable", "readings_declared_missing", "actors_parked"];

/** Figures of the running platform. They are of the moment at which they were asked, and say so. */
export function OperationsPage() {
  const [read, setRead] = useState<{ status: Status; at_us: number }>();
  const [refusal, setRefusal] = useState<string>();
  const load = () =>
    getOperations().then(
      (status) => {
        setRead({ status, at_us: now_s.peek() * 1e6 });
        setRefusal(undefined);
      },
      (error: unknown) => setRefusal(inWords(error)),
    );
  useEffect(() => {
    void load();
  }, []);
  return (
    <main class="page page-narrow">
      <div class="page-head">
        <h1>Operations</h1>
        <button type="button" class="button" onClick={() => void load()}>
          Ask again
        </button>
      </div>
      <Refusal text={refusal} />
      {read ? (
        <>
          <p class="muted">
            As of <Age at_us={read.at_us} /> ago.
          </p>
          <dl class="figures">
            {Object.entries(read.status).map(([name, value]) => (
              <div key={name} class={WORRIES.includes(name) && Number(value) > 0 ? "figure figure-worry" : "figure"}>
                <dt>{name.replaceAll("_", " ")}</dt>
                <dd>{typeof value === "number" ? number.format(value) : value}</dd>
              </div>
            ))}
          </dl>
        </>
      ) : null}
    </main>
  );
}
