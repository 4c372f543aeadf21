import type { Alert, AlertFact, Verdict } from "../model/alert.ts";
import { get, post, postRaw } from "./http.ts";
import { NoAnswer, problemOf } from "./problem.ts";

export interface AlertPage {
  alerts: Alert[];
  /** Events after this position are news to whoever has the page. */
  position: number;
  now_us?: number;
  next_cursor?: string;
}

export interface AlertFilter {
  unit?: string;
  patient?: string;
  closed?: boolean;
}

export const listAlerts = (filter: AlertFilter, cursor?: string): Promise<AlertPage> =>
  get("/alerts", { ...filter, limit: 1000, cursor });

/** Every page; the position is that of the first, so that what changed meanwhile comes again as an event. */
export async function listAllAlerts(filter: AlertFilter): Promise<AlertPage> {
  const first = await listAlerts(filter);
  const alerts = [...first.alerts];
  for (let cursor = first.next_cursor; cursor !== undefined; ) {
    const page = await listAlerts(filter, cursor);
    alerts.push(...page.alerts);
    cursor = page.next_cursor;
  }
  return { ...first, alerts };
}

export const getAlert = (id: string): Promise<Alert> => get(`/alerts/${encodeURIComponent(id)}`);

export const getHistory = (id: string): Promise<{ facts: AlertFact[] }> =>
  get(`/alerts/${encodeURIComponent(id)}/history`);

export type Verb =
  | "acknowledge"
  | "accept"
  | "reject"
  | "escalate"
  | "hand-over"
  | "snooze"
  | "reset"
  | "comment"
  | "dispose";

export interface Answer {
  version: number;
  reason?: string;
  to?: string;
  minutes?: number;
  text?: string;
  verdict?: Verdict;
}

export interface Answered {
  /** Committed. False: the alert had changed; `alert` is what it is now, and nothing was done. */
  done: boolean;
  alert: Alert;
}

/** Resolves once the answer is committed, or with what the alert is now. */
export async function answer(id: string, verb: Verb, body: Answer, key: string, token?: string): Promise<Answered> {
  const response = await postRaw(`/alerts/${encodeURIComponent(id)}/${verb}`, body, key, token);
  if (response.ok) return readAnswered(response);
  if (response.status === 409) {
    const state = (await response.clone().json().catch(() => ({}))) as Partial<Answered>;
    if (state.alert) return { done: false, alert: state.alert };
  }
  throw await problemOf(response);
}

async function readAnswered(response: Response): Promise<Answered> {
  const body = (await response.json().catch(() => null)) as Answered | null;
  if (body === null || !body.alert) throw new NoAnswer();
  return body;
}

/** All that the person owns, of one patient or of everybody. */
export const handOverAll = (to: string, reason: string, patient: string | undefined, key: string) =>
  post<{ answers: Answered[] }>("/alerts/hand-over", { to, reason, patient }, key);

export interface InboxPage {
  alert: string;
  round: number;
  step: number;
  paged_at_us: number;
}

export const getInbox = (): Promise<{ pages: InboxPage[] }> => get("/inbox");
