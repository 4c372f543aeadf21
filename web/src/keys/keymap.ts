// Single keys for what is done often. Each can be moved or taken away (WCAG 2.1.4), and none acts while somebody types.

export type Action =
  | "acknowledge"
  | "accept"
  | "reject"
  | "escalate"
  | "hand-over"
  | "snooze"
  | "reset"
  | "comment"
  | "verdict-true"
  | "verdict-false"
  | "verdict-not-actionable"
  | "search"
  | "board"
  | "inbox"
  | "pause-audio"
  | "help";

export const LABELS: Record<Action, string> = {
  acknowledge: "Acknowledge",
  accept: "Accept",
  reject: "Reject",
  escalate: "Escalate",
  "hand-over": "Hand over",
  snooze: "Snooze",
  reset: "Reset",
  comment: "Comment",
  "verdict-true": "Verdict: true",
  "verdict-false": "Verdict: false",
  "verdict-not-actionable": "Verdict: not actionable",
  search: "Search",
  board: "Go to the board",
  inbox: "Go to the inbox",
  "pause-audio": "Pause audio for 120 s",
  help: "Show the keys",
};

/** An empty key: none. */
export type Keymap = Record<Action, string>;

export const DEFAULTS: Keymap = {
  acknowledge: "a",
  accept: "c",
  reject: "r",
  escalate: "e",
  "hand-over": "h",
  snooze: "s",
  reset: "x",
  comment: "m",
  "verdict-true": "1",
  "verdict-false": "2",
  "verdict-not-actionable": "3",
  search: "/",
  board: "b",
  inbox: "i",
  "pause-audio": "p",
  help: "?",
};

export const ACTIONS = Object.keys(DEFAULTS) as Action[];

/** One visible character, which no browser and no list of ours uses for something else. */
export const isKey = (text: string): boolean => [...text].length === 1 && text.trim() === text;

/** Gives the key to the action; who had it has none then. */
export function remap(keymap: Keymap, action: Action, key: string): Keymap {
  const wanted = key.toLowerCase();
  const changed = { ...keymap };
  for (const other of ACTIONS) if (wanted !== "" && changed[other] === wanted) changed[other] = "";
  changed[action] = wanted;
  return changed;
}

export function actionOf(keymap: Keymap, key: string): Action | undefined {
  const pressed = key.toLowerCase();
  return ACTIONS.find((action) => keymap[action] === pressed);
}

/** What was stored by an older version, or by somebody else, is taken as far as it makes sense. */
export function readKeymap(stored: unknown): Keymap {
  let keymap = { ...DEFAULTS };
  if (typeof stored !== "object" || stored === null) return keymap;
  for (const [action, key] of Object.entries(stored)) {
    if (!ACTIONS.includes(action as Action) || typeof key !== "string") continue;
    if (key === "" || isKey(key)) keymap = remap(keymap, action as Action, key);
  }
  return keymap;
}
