// What the navigation offers, and to whom.

import type { Me } from "../model/session.ts";
import type { Route } from "../router.ts";

export interface PageEntry {
  path: string;
  page: Route["page"];
  title: string;
  isFor: (me: Me | null | undefined) => boolean;
}

const always = (): boolean => true;

export const PAGES: readonly PageEntry[] = [
  { path: "/", page: "board", title: "Board", isFor: always },
  { path: "/inbox", page: "inbox", title: "Inbox", isFor: always },
  { path: "/devices", page: "devices", title: "Devices", isFor: always },
  { path: "/keys", page: "keys", title: "Keys", isFor: always },
];
