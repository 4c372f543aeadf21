// Loads what is so, then follows the stream from there; signs in and out.

import { batch } from "@preact/signals";
import { listAllAlerts } from "../api/alerts.ts";
import { onAsked, onSignedOut } from "../api/http.ts";
import { listPatients } from "../api/patients.ts";
import { Problem } from "../api/problem.ts";
import { getMe, signOut } from "../api/sessions.ts";
import type { SseEvent } from "../live/sse.ts";
import { type AlertUpdate, forgetAlerts, replaceAlerts, takeUpdates } from "./alerts.ts";
import { startLink, unwatch, watch } from "./link.ts";
import { patients } from "./patients.ts";
import { isExpired, me, noteAsked } from "./session.ts";
import { soundTick } from "./sound.ts";
import { clock, heardTime } from "./time.ts";
import { arrive, depart } from "./visit.ts";

const AGAIN_MS = 3_000;

let again: ReturnType<typeof setTimeout> | undefined;

/** Begins, or begins anew after a sign-in. */
export async function begin(): Promise<void> {
  clearTimeout(again);
  startLink({ events: take, resync: () => void load(), signedOut: endSession, tick: soundTick });
  onSignedOut(endSession);
  onAsked(noteAsked);
  try {
    const who = await getMe();
    heardTime(who.now_us);
    me.value = who;
    isExpired.value = false;
    noteAsked();
    arrive(who.person);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return endSession();
    again = setTimeout(() => void begin(), AGAIN_MS);
    return;
  }
  await load();
}

/** Everything anew; the stream goes on from the position of the list. */
async function load(): Promise<void> {
  clearTimeout(again);
  try {
    const [open, admitted] = await Promise.all([listAllAlerts({}), loadPatients()]);
    heardTime(open.now_us);
    batch(() => {
      replaceAlerts(open.alerts, open.position);
      patients.value = admitted;
    });
    watch(open.position, undefined);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return;
    again = setTimeout(() => void load(), AGAIN_MS);
  }
}

/** Roles that see no patients have an empty board. */
async function loadPatients() {
  try {
    return await listPatients({});
  } catch (error) {
    if (error instanceof Problem && error.status === 403) return [];
    throw error;
  }
}

function take(events: SseEvent[]): void {
  const updates: AlertUpdate[] = [];
  for (const { event, data } of events) {
    if (event === "alert") updates.push(JSON.parse(data) as AlertUpdate);
    else if (event === "keepalive") heardTime((JSON.parse(data) as { now_us: number }).now_us);
  }
  batch(() => takeUpdates(updates));
}

/** Ended by the server. */
function endSession(): void {
  if (me.peek()) isExpired.value = true;
  forget();
}

/** What was seen stays in memory only as long as somebody may see it. */
function forget(): void {
  const who = me.peek();
  if (who && clock.isKnown) depart(who.person, clock.now_us());
  unwatch();
  batch(() => {
    me.value = null;
    forgetAlerts();
    patients.value = undefined;
  });
}

export async function leave(): Promise<void> {
  await signOut().catch(() => {});
  forget();
}
