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
const watches = (me: Me | null | undefined): boolean => me?.can.some((verb) => verb.startsWith("see ")) ?? false;
const answers = (me: Me | null | undefined): boolean => me?.can.some((verb) => verb.startsWith("answer ")) ?? false;
const may = (verb: string) => (me: Me | null | undefined): boolean => me?.can.includes(verb) ?? false;

export const PAGES: readonly PageEntry[] = [
  { path: "/", page: "board", title: "Board", isFor: watches },
  { path: "/inbox", page: "inbox", title: "Inbox", isFor: watches },
  { path: "/shift", page: "shift", title: "Shift", isFor: answers },
  { path: "/oncall", page: "oncall", title: "On call", isFor: watches },
  { path: "/devices", page: "devices", title: "Devices", isFor: watches },
  { path: "/downtime", page: "downtime", title: "Downtime", isFor: may("see the patient") },
  { path: "/admit", page: "admit", title: "Admit", isFor: may("administer") },
  { path: "/audit", page: "audit", title: "Audit", isFor: may("read the audit trail") },
  { path: "/operations", page: "operations", title: "Operations", isFor: may("read figures") },
  { path: "/keys", page: "keys", title: "Keys", isFor: always },
];
