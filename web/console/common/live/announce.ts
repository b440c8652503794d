/* Tells of waiting chats by a short tone. Browsers play sound only after the person has touched the
   page, so the audio context is woken by the first click or key. */
import { getPrefs } from '../prefs.ts';

let context: AudioContext | null = null;

function wake(): void {
  context ??= new AudioContext();
  void context.resume();
}

export function listenForGesture(): () => void {
  const events = ['pointerdown', 'keydown'] as const;
  for (const name of events) window.addEventListener(name, wake, { once: true });
  return () => {
    for (const name of events) window.removeEventListener(name, wake);
  };
}

function tone(audio: AudioContext, hertz: number, from: number): void {
  const oscillator = audio.createOscillator();
  const gain = audio.createGain();
  oscillator.frequency.value = hertz;
  gain.gain.setValueAtTime(0, from);
  gain.gain.linearRampToValueAtTime(0.12, from + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, from + 0.22);
  oscillator.connect(gain).connect(audio.destination);
  oscillator.start(from);
  oscillator.stop(from + 0.24);
}

export function beep(kind: 'waiting' | 'message'): void {
  if (!getPrefs().sound || !context || context.state !== 'running') return;
  const now = context.currentTime;
  tone(context, kind === 'waiting' ? 660 : 520, now);
  if (kind === 'waiting') tone(context, 880, now + 0.16);
}
