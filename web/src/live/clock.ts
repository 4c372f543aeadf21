// The server's receipt clock, as far as a browser can know it. The browser's own clock is never shown: it may be off by an
// hour, or jump.

const SAMPLES_MAX = 24;

/** Estimates the server's time from what it says now and then, over a monotonic clock of ours. */
export class ServerClock {
  private offsets_ms: number[] = [];

  /** @param monotonic_ms a clock that never goes back */
  constructor(private readonly monotonic_ms: () => number) {}

  /** The server said that it is `now_us`. On its way that only grew older, so the largest offset is the nearest to it. */
  heard(now_us: number): void {
    this.offsets_ms.push(now_us / 1000 - this.monotonic_ms());
    if (this.offsets_ms.length > SAMPLES_MAX) this.offsets_ms.shift();
  }

  /** After a sleep: a monotonic clock may have stood still meanwhile. */
  forget(): void {
    this.offsets_ms = this.offsets_ms.slice(-1);
  }

  get isKnown(): boolean {
    return this.offsets_ms.length > 0;
  }

  /** Microseconds since 1970 by the server's clock. */
  now_us(): number {
    return Math.round((this.monotonic_ms() + Math.max(...this.offsets_ms)) * 1000);
  }
}
