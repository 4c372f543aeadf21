import { useEffect, useState } from "preact/hooks";
import { type AccessEntry, listAccess } from "../../api/access.ts";
import { inWords } from "../../api/problem.ts";
import { Refusal } from "../../ui/Refusal.tsx";
import { AccessTable } from "../audit/AccessTable.tsx";

/** Who saw this patient, newest first. */
export function WhoLooked({ id }: { id: string }) {
  const [entries, setEntries] = useState<AccessEntry[]>();
  const [refusal, setRefusal] = useState<string>();
  useEffect(() => {
    listAccess({ patient: id }).then(
      (page) => setEntries(page.entries),
      (error: unknown) => setRefusal(inWords(error)),
    );
  }, [id]);
  return (
    <section class="card" aria-labelledby="looked">
      <h2 id="looked">Who looked</h2>
      <Refusal text={refusal} />
      {entries ? <AccessTable entries={entries} /> : null}
    </section>
  );
}
