import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { bind } from "../../keys/listen.ts";
import type { Alert } from "../../model/alert.ts";
import { alertPath, go } from "../../router.ts";
import { openAlerts, toReview } from "../../state/alerts.ts";
import { patients } from "../../state/patients.ts";
import { me } from "../../state/session.ts";
import { scrollBy_px } from "../../ui/virtual.ts";
import { useVerbKeys } from "../answer/useVerbKeys.ts";
import { VerbButtons } from "../answer/VerbButtons.tsx";
import { AlertRows, ROW_PX } from "./AlertRows.tsx";
import { type Filter, FilterBar, matches } from "./FilterBar.tsx";

const filter = signal<Filter>({ show: "all", text: "" });
/** By id, so that the choice stays with the alert while others come and go. */
const selected = signal("");

export function InboxPage() {
  const list = useRef<HTMLUListElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const source = filter.value.show === "review" ? toReview.value : openAlerts.value;
  const rows = source.filter((alert) => matches(alert, filter.value, me.value?.person ?? ""));
  const at = Math.max(0, rows.findIndex((alert) => alert.id === selected.value));
  const chosen = rows[at];
  useVerbKeys(chosen);
  useEffect(() => bind({ search: () => search.current?.focus() }), []);

  const choose = (index: number) => {
    const alert = rows[Math.min(Math.max(index, 0), rows.length - 1)];
    if (!alert || !list.current) return;
    selected.value = alert.id;
    const top = list.current.getBoundingClientRect().top + rows.indexOf(alert) * ROW_PX;
    const header = document.querySelector(".top")?.getBoundingClientRect().height ?? 0;
    const footer = document.querySelector(".inbox-foot")?.getBoundingClientRect().height ?? 0;
    scrollBy({ top: scrollBy_px(top, ROW_PX, innerHeight - footer, header) });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -rows.length, End: rows.length }[event.key];
    if (step !== undefined) choose(at + step);
    else if (event.key === "Enter" && chosen) go(alertPath(chosen.id));
    else return;
    event.preventDefault();
  };

  return (
    <main class="page page-narrow inbox">
      <div class="page-head">
        <h1>Inbox</h1>
        <FilterBar filter={filter} search={search} review={toReview.value.length} />
      </div>
      {rows.length === 0 ? (
        <Empty isLoaded={patients.value !== undefined} />
      ) : (
        <>
          <AlertRows list={list} rows={rows} chosen={chosen} choose={choose} onKeyDown={onKeyDown} />
          {chosen ? <Foot alert={chosen} /> : null}
        </>
      )}
    </main>
  );
}

/** What can be done with the chosen alert: always in sight. */
function Foot({ alert }: { alert: Alert }) {
  return (
    <aside class="inbox-foot" aria-label="Answer">
      <div class="inbox-foot-of">
        <strong class="named">{alert.bed ?? alert.subject}</strong>
        <span class="said">{alert.text}</span>
        <a href={alertPath(alert.id)} class="button button-bare">
          Why?
        </a>
      </div>
      <VerbButtons alert={alert} />
    </aside>
  );
}

function Empty({ isLoaded }: { isLoaded: boolean }) {
  return (
    <div class="empty">
      <h2>{isLoaded ? "No alerts here" : "Loading"}</h2>
      <p>{isLoaded ? "Nothing that you may see, and that fits the choice above, is open." : "The alerts are not known yet."}</p>
    </div>
  );
}
