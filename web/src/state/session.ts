// Who is signed in, as the server says.

import { computed, signal } from "@preact/signals";
import type { Me } from "../model/session.ts";

/** Undefined: not known yet. Null: nobody. */
export const me = signal<Me | null | undefined>(undefined);

export const can = computed<readonly string[]>(() => me.value?.can ?? []);
