import { useEffect, useState } from "preact/hooks";
import { type Gap, type InRole, listGaps, whoIsOnCall } from "../../api/oncall.ts";
import { inWords } from "../../api/problem.ts";
import { Refusal } from "../../ui/Refusal.tsx";
import { Role } from "./Role.tsx";

interface Coverage {
  roles: InRole[];
  version: number;
  gaps: Gap[];
}

const keyOf = ({ unit, role }: { unit: string; role: string }): string => `${unit} ${role}`;

/** Who is on call now, and when in the next 14 days nobody can be reached. */
export function OnCallPage() {
  const [coverage, setCoverage] = useState<Coverage>();
  const [refusal, setRefusal] = useState<string>();
  useEffect(() => {
    Promise.all([whoIsOnCall(), listGaps()]).then(
      ([{ roles, version }, { gaps }]) => setCoverage({ roles, version, gaps }),
      (error: unknown) => setRefusal(inWords(error)),
    );
  }, []);
  return (
    <main class="page page-narrow">
      <div class="page-head">
        <h1>On call</h1>
        {coverage && coverage.version > 0 ? <p class="muted">Roster version {coverage.version}</p> : null}
      </div>
      <Refusal text={refusal} />
      {coverage?.roles.length === 0 ? (
        <div class="empty">
          <h2>No roles are planned</h2>
          <p>Without a care plan the units' ladders name people directly.</p>
        </div>
      ) : null}
      {coverage?.roles.map((role) => (
        <Role key={keyOf(role)} role={role} gaps={coverage.gaps.filter((gap) => keyOf(gap) === keyOf(role))} />
      ))}
    </main>
  );
}
