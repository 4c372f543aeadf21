// Who is signed in, as the server says, and how long that lasts.

import { computed, signal } from "@preact/signals";
import type { Me } from "../model/session.ts";
import { now_s } from "./time.ts";

/** Undefined: not known yet. Null: nobody. */
export const me = signal<Me | null | undefined>(undefined);

export const can = computed<readonly string[]>(() => me.value?.can ?? []);

/** There is something for this role that is live. Others have pages of figures and records, which say when they were read. */
export const isWatching = computed(() => can.value.some((verb) => verb.startsWith("see ")));

/** The session ended by itself: whoever left the workstation does not know that it watches no more. */
export const isExpired = signal(false);

/** When the server was asked last for the person, by its clock; an open stream of events does not count. */
const asked_s = signal(0);

export function noteAsked(): void {
  asked_s.value = now_s.peek();
}

/** Seconds until the session ends unless somebody asks for something; undefined: it has no end. */
export const endsIn_s = computed<number | undefined>(() => {
  const life = me.value?.session;
  if (!life || now_s.value === 0) return undefined;
  return Math.min(life.expires_us / 1e6, asked_s.value + life.idle_s) - now_s.value;
});
