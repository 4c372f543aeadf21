import { actionOf, type Action } from "./keymap.ts";
import { keymap } from "../state/settings.ts";

type Handler = () => void;
type Handlers = Partial<Record<Action, Handler>>;

// The one that was mounted last is asked first.
const layers: Handlers[] = [];

/** Handlers of a page or a part of it; returns what takes them away. */
export function bind(handlers: Handlers): () => void {
  layers.push(handlers);
  return () => {
    const at = layers.indexOf(handlers);
    if (at >= 0) layers.splice(at, 1);
  };
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));

export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const action = actionOf(keymap.peek(), event.key);
    if (!action) return;
    const handler = layers.findLast((layer) => layer[action])?.[action];
    if (!handler) return;
    event.preventDefault();
    handler();
  });
}
