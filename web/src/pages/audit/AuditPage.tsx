import { useEffect, useState } from "preact/hooks";
import { type AccessEntry, type AccessFilter, listAccess } from "../../api/access.ts";
import { inWords } from "../../api/problem.ts";
import { textOf } from "../../ui/ActionForm.tsx";
import { Refusal } from "../../ui/Refusal.tsx";
import { AccessTable } from "./AccessTable.tsx";

/** Who saw what, newest first. Looking at it is on record too. */
export function AuditPage() {
  const [filter, setFilter] = useState<AccessFilter>({});
  const [entries, setEntries] = useState<AccessEntry[]>([]);
  const [next, setNext] = useState<string>();
  const [refusal, setRefusal] = useState<string>();
  const load = async (wanted: AccessFilter, cursor?: string) => {
    try {
      const page = await listAccess(wanted, cursor);
      setEntries((held) => (cursor === undefined ? page.entries : [...held, ...page.entries]));
      setNext(page.next_cursor);
      setRefusal(undefined);
    } catch (error) {
      setRefusal(inWords(error));
    }
  };
  useEffect(() => {
    void load(filter);
  }, [filter]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    setFilter({ patient: textOf(fields, "patient"), person: textOf(fields, "person") });
  };
  return (
    <main class="page page-narrow">
      <div class="page-head">
        <h1>Who saw what</h1>
        <form class="filters" onSubmit={(event) => submit(event as unknown as SubmitEvent)}>
          <input class="input audit-filter" name="patient" placeholder="Patient" aria-label="Patient" />
          <input class="input audit-filter" name="person" placeholder="Person" aria-label="Person" />
          <button type="submit" class="button">
            Filter
          </button>
        </form>
      </div>
      <Refusal text={refusal} />
      <AccessTable entries={entries} />
      {next === undefined ? null : (
        <button type="button" class="button" onClick={() => void load(filter, next)}>
          Older
        </button>
      )}
    </main>
  );
}
