// Loads what is so, then follows the stream from there; signs in and out.

import { batch } from "@preact/signals";
import { getBoard, type Values } from "../api/board.ts";
import { listAllAlerts } from "../api/alerts.ts";
import { onAsked, onSignedOut } from "../api/http.ts";
import { Problem } from "../api/problem.ts";
import { getMe, signOut } from "../api/sessions.ts";
import { isOpen } from "../model/alert.ts";
import type { SseEvent } from "../live/sse.ts";
import { type AlertUpdate, forgetAlerts, replaceAlerts, takeUpdates } from "./alerts.ts";
import { startLink, unwatch, watch } from "./link.ts";
import { patients } from "./patients.ts";
import { isExpired, isWatching, me, noteAsked } from "./session.ts";
import { soundTick } from "./sound.ts";
import { clock, heardTime, now_s } from "./time.ts";
import { forgetVitals, takeVitals } from "./vitals.ts";
import { arrive, depart } from "./visit.ts";

const AGAIN_MS = 3_000;
const REFRESH_S_MIN = 5;

let again: ReturnType<typeof setTimeout> | undefined;
let refresh_s = 0;
/** The stream was open before. */
let isFollowing = false;

/** Begins, or begins anew after a sign-in. */
export async function begin(): Promise<void> {
  clearTimeout(again);
  startLink({ events: take, resync: () => void load(), opened, signedOut: endSession, tick: soundTick });
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
  if (!isWatching.peek()) return;
  try {
    const [open] = await Promise.all([listAllAlerts({}), loadBoard()]);
    heardTime(open.now_us);
    replaceAlerts(open.alerts, open.position);
    watch(open.position, undefined);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return;
    again = setTimeout(() => void load(), AGAIN_MS);
  }
}

/** Who is here, with values; roles that see no patients have an empty board. */
export async function loadBoard(): Promise<void> {
  try {
    const board = await getBoard();
    heardTime(board.now_us);
    batch(() => {
      patients.value = board.tiles.map(({ patient, unit, bed, standby }) => ({ patient, unit, bed, standby }));
      takeVitals(board.tiles);
    });
  } catch (error) {
    if (!(error instanceof Problem && error.status === 403)) throw error;
    patients.value = [];
  }
}

/** Now and then at most, whatever comes. */
function refreshBoard(): void {
  if (now_s.peek() < refresh_s + REFRESH_S_MIN) return;
  refresh_s = now_s.peek();
  void loadBoard().catch(() => {});
}

/** Values have no position: what came while the connection was lost is read from the board. */
function opened(): void {
  if (isFollowing) void loadBoard().catch(() => {});
  isFollowing = true;
}

function take(events: SseEvent[]): void {
  const updates: AlertUpdate[] = [];
  const values: Values[] = [];
  for (const { event, data } of events) {
    if (event === "alert") updates.push(JSON.parse(data) as AlertUpdate);
    else if (event === "values") values.push(...(JSON.parse(data) as { patients: Values[] }).patients);
    else if (event === "keepalive") heardTime((JSON.parse(data) as { now_us: number }).now_us);
  }
  batch(() => {
    takeUpdates(updates);
    takeVitals(values);
  });
  const known = new Set(patients.peek()?.map(({ patient }) => patient));
  // Somebody was admitted: the board has where.
  if (updates.some(({ alert }) => alert.patient && isOpen(alert) && !known.has(alert.patient))) refreshBoard();
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
  isFollowing = false;
  batch(() => {
    me.value = null;
    forgetAlerts();
    forgetVitals();
    patients.value = undefined;
  });
}

export async function leave(): Promise<void> {
  await signOut().catch(() => {});
  forget();
}
