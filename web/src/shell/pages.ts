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
const answers = (me: Me | null | undefined): boolean => me?.can.some((verb) => verb.startsWith("answer ")) ?? false;
const seesPatients = (me: Me | null | undefined): boolean => me?.can.includes("see the patient") ?? false;

export const PAGES: readonly PageEntry[] = [
  { path: "/", page: "board", title: "Board", isFor: always },
  { path: "/inbox", page: "inbox", title: "Inbox", isFor: always },
  { path: "/shift", page: "shift", title: "Shift", isFor: answers },
  { path: "/devices", page: "devices", title: "Devices", isFor: always },
  { path: "/downtime", page: "downtime", title: "Downtime", isFor: seesPatients },
  { path: "/keys", page: "keys", title: "Keys", isFor: always },
];
