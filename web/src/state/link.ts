// The page's side of the live connection.

import { signal } from "@preact/signals";
import { query } from "../api/http.ts";
import { type Liveness, liveness, SLEPT_MS_MIN } from "../live/liveness.ts";
import type { FromWorker, ToWorker } from "../live/messages.ts";
import type { SseEvent } from "../live/sse.ts";
import { clock, tick } from "./time.ts";

export interface Link {
  state: Liveness;
  /** Whole seconds since the last byte of the server; undefined: there was none. */
  silent_s: number | undefined;
}

export const link = signal<Link>({ state: "starting", silent_s: undefined });

export interface Heir {
  events(events: SseEvent[]): void;
  opened(): void;
  resync(): void;
  signedOut(): void;
  /** Twice a second, also while the tab is hidden. */
  tick(): void;
}

let worker: Worker | undefined;
let heir: Heir | undefined;
let ticked_wall_ms = Date.now();

const say = (message: ToWorker): void => worker?.postMessage(message);

const notLive = (): void => {
  link.value = { ...link.peek(), state: "not-live" };
};

function hear(message: FromWorker): void {
  switch (message.type) {
    case "tick":
      return takeTick(message);
    case "events":
      return heir?.events(message.events);
    case "opened":
      return heir?.opened();
    case "slept":
      clock.forget();
      return notLive();
    case "signed_out":
      notLive();
      return heir?.signedOut();
    case "resync":
      notLive();
      return heir?.resync();
  }
}

function takeTick({ heard }: Extract<FromWorker, { type: "tick" }>): void {
  ticked_wall_ms = Date.now();
  const state = liveness(heard);
  const silent_s = heard.silent_ms === undefined ? undefined : Math.floor(heard.silent_ms / 1000);
  const before = link.peek();
  // After a sleep the stream starts anew: until it has, what was not live stays so.
  const kept = before.state === "not-live" && (state === "starting" || state === "reconnecting") ? before.state : state;
  if (kept !== before.state || silent_s !== before.silent_s) link.value = { state: kept, silent_s };
  tick();
  heir?.tick();
}

/** On waking, the first thing that runs may be the page: it looks whether its worker kept ticking. */
function look(): void {
  if (Math.abs(Date.now() - ticked_wall_ms) > SLEPT_MS_MIN + 500) notLive();
}

export function startLink(to: Heir): void {
  heir = to;
  if (worker) return;
  worker = new Worker(new URL("../live/worker.ts", import.meta.url), { type: "module" });
  worker.addEventListener("message", (event: MessageEvent<FromWorker>) => hear(event.data));
  worker.addEventListener("error", notLive);
  for (const event of ["visibilitychange", "resume", "pageshow", "focus"]) addEventListener(event, look, true);
  setInterval(look, 1_000);
}

export const watch = (position: number, unit: string | undefined): void =>
  say({ type: "watch", url: `/api/v1/events${query({ unit })}`, position });

export const unwatch = (): void => say({ type: "stop" });
