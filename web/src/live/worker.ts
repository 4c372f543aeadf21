// Keeps the time and the connection, in a thread that browsers do not slow down when the tab is hidden.

import type { FromWorker, ToWorker } from "./messages.ts";
import { retryDelay_ms, SILENT_MS_MAX, slept } from "./liveness.ts";
import { Stream } from "./stream.ts";

const TICK_MS = 500;

const tell = (message: FromWorker): void => postMessage(message);
let stream: Stream | undefined;

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  stream?.stop();
  stream = data.type === "watch" ? new Stream(data.url, data.position, tell, retryDelay_ms) : undefined;
});

let wall_ms = Date.now();
let monotonic_ms = performance.now();

setInterval(() => {
  const passed = [Date.now() - wall_ms, performance.now() - monotonic_ms] as const;
  wall_ms += passed[0];
  monotonic_ms += passed[1];
  if (slept(TICK_MS, ...passed)) {
    tell({ type: "slept" });
    stream?.forget();
    stream?.renew();
  }
  if (stream) {
    // A connection that is silent for so long is dead, whatever the operating system thinks of it.
    if ((stream.heard().silent_ms ?? 0) > SILENT_MS_MAX && stream.heard().isOpen) stream.renew();
    tell({ type: "tick", heard: stream.heard() });
  } else {
    tell({ type: "tick", heard: { isOpen: false, closed_ms: 0, silent_ms: undefined } });
  }
}, TICK_MS);
