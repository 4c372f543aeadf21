// What this browser keeps: how things look and which keys do what. No patient data.

import { effect, signal } from "@preact/signals";
import { DEFAULTS, type Keymap, readKeymap } from "../keys/keymap.ts";

export type Theme = "dark" | "light";

const read = (name: string): string | null => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
};

const write = (name: string, value: string): void => {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing: the settings last as long as the page.
  }
};

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

export const theme = signal<Theme>(read("vigil.theme") === "light" ? "light" : "dark");
export const keymap = signal<Keymap>(readKeymap(parsed(read("vigil.keys"))));
/** The unit on the board; empty: every one that the person may see. */
export const unit = signal(read("vigil.unit") ?? "");

export function keepSettings(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    write("vigil.theme", theme.value);
  });
  effect(() => write("vigil.keys", JSON.stringify(keymap.value)));
  effect(() => write("vigil.unit", unit.value));
}

export const restoreKeys = (): void => {
  keymap.value = { ...DEFAULTS };
};
