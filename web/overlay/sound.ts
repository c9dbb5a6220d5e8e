/** Short tones made on the spot: no recording is loaded. */
import type { MomentKind } from "./moments";

type Note = readonly [hertz: number, at: number, seconds: number];

const TUNES: Record<MomentKind | "victory", readonly Note[]> = {
  stage: [[196, 0, 0.5], [294, 0.12, 0.5], [392, 0.24, 0.7]],
  curse: [[220, 0, 0.6], [208, 0.1, 0.8], [104, 0.1, 0.9]],
  breakthrough: [[659, 0, 0.25], [784, 0.09, 0.25], [1047, 0.18, 0.5]],
  raid: [[147, 0, 0.8], [220, 0.15, 0.8]],
  victory: [[392, 0, 0.3], [523, 0.16, 0.3], [659, 0.32, 0.3], [784, 0.48, 1.1], [523, 0.48, 1.1]],
};

let context: AudioContext | undefined;

/** `volume`: 0 to 100. Silent where the browser allows no sound. */
export function play(kind: keyof typeof TUNES, volume: number): void {
  context ??= new AudioContext();
  void context.resume();
  for (const [hertz, at, seconds] of TUNES[kind]) {
    const start = context.currentTime + at;
    const tone = new OscillatorNode(context, { type: "triangle", frequency: hertz });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.linearRampToValueAtTime((volume / 100) * 0.25, start + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + seconds);
    tone.connect(gain).connect(context.destination);
    tone.start(start);
    tone.stop(start + seconds);
  }
}
