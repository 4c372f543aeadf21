// One way to ask the server. Answers are JSON; errors are thrown as Problem or NoAnswer.

import { NoAnswer, problemOf } from "./problem.ts";

const TIMEOUT_MS = 10_000;
const base = "/api/v1";

type Query = Record<string, string | number | boolean | undefined>;

let signedOut: () => void = () => {};
let asked: () => void = () => {};

/** Called when the server says that nobody is signed in any more. */
export function onSignedOut(heard: () => void): void {
  signedOut = heard;
}

/** Called when the server has answered somebody who is signed in. */
export function onAsked(heard: () => void): void {
  asked = heard;
}

export function query(parameters: Query): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`;
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(base + path, { credentials: "same-origin", ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new NoAnswer();
  }
  if (response.status === 401 && !path.startsWith("/session") && init.credentials !== "omit") signedOut();
  else asked();
  return response;
}

async function json<T>(response: Response): Promise<T> {
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch {
    throw new NoAnswer();
  }
}

export async function get<T>(path: string, parameters: Query = {}): Promise<T> {
  return json<T>(await ask(path + query(parameters), { headers: { accept: "application/json" } }));
}

/** `key` names what the person wants done: sent again with the same key, it is done once. */
export async function post<T>(path: string, body: unknown, key: string): Promise<T> {
  return json<T>(await postRaw(path, body, key));
}

/** As `post`, but whoever calls reads the status. With a `token` it is of that person, not of the session. */
export function postRaw(path: string, body: unknown, key: string, token?: string): Promise<Response> {
  const headers: Record<string, string> = {
    "content-type": "application/json",
    accept: "application/json",
    "idempotency-key": key,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const credentials = token === undefined ? "same-origin" : "omit";
  return ask(path, { method: "POST", headers, body: JSON.stringify(body), credentials });
}

export async function remove(path: string): Promise<void> {
  await json<void>(await ask(path, { method: "DELETE" }));
}

export const newKey = (): string => crypto.randomUUID();
