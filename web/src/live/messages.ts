import type { Heard } from "./liveness.ts";
import type { SseEvent } from "./sse.ts";

export type ToWorker =
  /** Begin anew right after this journal position. */
  { type: "watch"; url: string; position: number } | { type: "stop" };

export type FromWorker =
  /** Twice a second, also in a hidden tab. */
  | { type: "tick"; heard: Heard }
  | { type: "events"; events: SseEvent[] }
  /** A stream was opened. */
  | { type: "opened" }
  /** The machine slept: nothing is live before the next byte. */
  | { type: "slept" }
  | { type: "signed_out" }
  /** The position cannot be resumed: load everything again. */
  | { type: "resync" };
