import type { AccessEntry } from "../../api/access.ts";
import { moment } from "../../model/words.ts";
import { now_s } from "../../state/time.ts";

const SHOWN_MAX = 3;

export function AccessTable({ entries }: { entries: readonly AccessEntry[] }) {
  const now_us = now_s.value * 1e6;
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label="Access records">
      <table class="table">
        <thead>
          <tr>
            {["When", "Who", "Asked", "About", "Why", "Outcome", "Shown", "From"].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.sequence}>
              <td>{moment(entry.at_us, now_us)}</td>
              <td class="named">{entry.person || "a token that is nobody's"}</td>
              <td class="named">{entry.what}</td>
              <td class="said">{about(entry)}</td>
              <td>{entry.purpose}</td>
              <td>{entry.outcome}</td>
              <td class="said">{entry.fields.join(", ")}</td>
              <td class="named">{entry.from}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function about({ patients, about: what }: AccessEntry): string {
  const named = patients.slice(0, SHOWN_MAX).join(", ");
  const more = patients.length > SHOWN_MAX ? ` and ${patients.length - SHOWN_MAX} more patients` : "";
  return [named + more, what ?? ""].filter((part) => part !== "").join("; ");
}
