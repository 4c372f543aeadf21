// Plays bursts by Web Audio. Browsers let nothing sound before the person did something on the page.

import { burst, type Sound } from "./burst.ts";

const RISE_S = 0.012;
const LOUDNESS = 0.5;
// A fundamental with harmonics is found by ear more easily than a pure tone (at least four, IEC 60601-1-8).
const HARMONICS = [0, 1, 0.6, 0.5, 0.35, 0.25, 0.15];

let context: AudioContext | undefined;
let wave: PeriodicWave | undefined;
let playing: OscillatorNode[] = [];

/** Whether sounds are heard, as far as a page can know. */
export const isArmed = (): boolean => context?.state === "running";

/** To be called from a gesture; resolves to whether it worked. */
export async function arm(): Promise<boolean> {
  context ??= new AudioContext({ latencyHint: "interactive" });
  if (context.state !== "running") await context.resume().catch(() => {});
  return isArmed();
}

export function play(sound: Sound): void {
  if (!context || !isArmed()) return;
  for (const oscillator of playing) oscillator.stop();
  wave ??= context.createPeriodicWave(new Float32Array(HARMONICS.length), new Float32Array(HARMONICS));
  const begins_s = context.currentTime + 0.02;
  playing = burst(sound).map((pulse) => {
    const oscillator = new OscillatorNode(context as AudioContext, { frequency: pulse.frequency_hz });
    oscillator.setPeriodicWave(wave as PeriodicWave);
    const gain = new GainNode(context as AudioContext, { gain: 0 });
    oscillator.connect(gain).connect((context as AudioContext).destination);
    const from_s = begins_s + pulse.at_ms / 1000;
    const to_s = from_s + pulse.lasts_ms / 1000;
    gain.gain.setValueAtTime(0, from_s);
    gain.gain.linearRampToValueAtTime(LOUDNESS, from_s + RISE_S);
    gain.gain.setValueAtTime(LOUDNESS, to_s - RISE_S);
    gain.gain.linearRampToValueAtTime(0, to_s);
    oscillator.start(from_s);
    oscillator.stop(to_s);
    return oscillator;
  });
}

export function hush(): void {
  for (const oscillator of playing) oscillator.stop();
  playing = [];
}
