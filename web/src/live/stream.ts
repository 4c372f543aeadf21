// One subscription: connects, reads, and connects again from the last position, until it is stopped.

import type { Heard } from "./liveness.ts";
import type { FromWorker } from "./messages.ts";
import { SseParser, type SseEvent } from "./sse.ts";

const BATCH_MS = 40;
const BATCH_EVENTS_MAX = 1_000;

export class Stream {
  private stopped = false;
  private isOpen = false;
  private closed_at_ms = performance.now();
  private heard_at_ms: number | undefined;
  private attempt = 0;
  private abort = new AbortController();
  private wake: () => void = () => {};
  private batch: SseEvent[] = [];
  private flushing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private position: number,
    private readonly tell: (message: FromWorker) => void,
    private readonly delay_ms: (attempt: number, chance: number) => number,
  ) {
    void this.run();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.flushing);
    this.abort.abort();
    this.wake();
  }

  /** After a sleep: what was heard before counts no more. */
  forget(): void {
    this.heard_at_ms = undefined;
  }

  /** Gives up the connection for a new one. */
  renew(): void {
    this.attempt = 0;
    this.abort.abort();
    this.wake();
  }

  heard(): Heard {
    const now_ms = performance.now();
    return {
      isOpen: this.isOpen,
      closed_ms: this.isOpen ? 0 : now_ms - this.closed_at_ms,
      silent_ms: this.heard_at_ms === undefined ? undefined : now_ms - this.heard_at_ms,
    };
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.abort = new AbortController();
      try {
        await this.connect();
      } catch {
        // Broken or given up: the next attempt follows.
      }
      if (this.isOpen) this.closed_at_ms = performance.now();
      this.isOpen = false;
      if (!this.stopped) await this.pause(this.delay_ms(this.attempt++, Math.random()));
    }
  }

  private async connect(): Promise<void> {
    const headers = { accept: "text/event-stream", "last-event-id": String(this.position) };
    const response = await fetch(this.url, { headers, signal: this.abort.signal, cache: "no-store", credentials: "same-origin" });
    if (response.status === 401 || response.status === 403) return this.end({ type: "signed_out" });
    if (response.status === 400 || response.status === 409 || response.status === 410) return this.end({ type: "resync" });
    if (!response.ok || !response.body) return;
    this.isOpen = true;
    this.tell({ type: "opened" });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new SseParser();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      this.heard_at_ms = performance.now();
      this.attempt = 0;
      for (const event of parser.feed(piece.value)) this.take(event);
    }
  }

  private take(event: SseEvent): void {
    if (event.event === "end" && event.data.includes('"unauthenticated"')) return this.end({ type: "signed_out" });
    const position = Number(event.id);
    if (event.id !== "" && Number.isSafeInteger(position)) this.position = position;
    this.batch.push(event);
    if (event.event === "keepalive" || this.batch.length >= BATCH_EVENTS_MAX) this.flush();
    else this.flushing ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  private flush(): void {
    clearTimeout(this.flushing);
    this.flushing = undefined;
    if (this.batch.length > 0 && !this.stopped) this.tell({ type: "events", events: this.batch });
    this.batch = [];
  }

  private end(message: FromWorker): void {
    this.flush();
    this.stop();
    this.tell(message);
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
