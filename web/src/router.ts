// Paths to pages, with the browser's own history.

import { signal } from "@preact/signals";

export type Route =
  | { page: "board" }
  | { page: "inbox" }
  | { page: "alert"; id: string }
  | { page: "patient"; id: string }
  | { page: "shift" }
  | { page: "devices" }
  | { page: "downtime" }
  | { page: "oncall" }
  | { page: "admit" }
  | { page: "audit" }
  | { page: "operations" }
  | { page: "keys" }
  | { page: "nowhere" };

const PLAIN = ["inbox", "shift", "devices", "downtime", "oncall", "admit", "audit", "operations", "keys"] as const;

const isPlain = (name: string): name is (typeof PLAIN)[number] => (PLAIN as readonly string[]).includes(name);

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

export function parse(path: string): Route {
  const [name = "", rest, more] = path.replace(/^\/+|\/+$/g, "").split("/");
  const id = rest === undefined ? undefined : decode(rest);
  if (more !== undefined) return { page: "nowhere" };
  if ((name === "alerts" || name === "patients") && id) return { page: name === "alerts" ? "alert" : "patient", id };
  if (rest !== undefined) return { page: "nowhere" };
  if (name === "") return { page: "board" };
  return isPlain(name) ? { page: name } : { page: "nowhere" };
}

export const alertPath = (id: string): string => `/alerts/${encodeURIComponent(id)}`;
export const patientPath = (id: string): string => `/patients/${encodeURIComponent(id)}`;

const hasBrowser = typeof location !== "undefined";

export const route = signal<Route>(parse(hasBrowser ? location.pathname : "/"));

export function go(path: string): void {
  if (path !== location.pathname) history.pushState(null, "", path);
  route.value = parse(path);
  scrollTo(0, 0);
}

/** Links of ours change the page without loading it again. */
export function listenToLinks(): void {
  addEventListener("popstate", () => {
    route.value = parse(location.pathname);
  });
  addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = (event.target as Element | null)?.closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin || link.target || link.download) return;
    event.preventDefault();
    go(link.pathname);
  });
}
