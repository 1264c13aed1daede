// A short sound, made here: two tones, and no file. A browser plays it only after somebody has used the page.

const TONES = [
  { hertz: 660, at: 0 },
  { hertz: 880, at: 0.13 },
];
const SECONDS = 0.22;
const LOUD = 0.12;
const WAIT_MS = 2000; // a sound that comes later than that would be of another moment

export class Sound {
  #context = null;

  /** Play it. While the browser allows none, nothing is played later either. */
  async play() {
    if (!window.AudioContext) return;
    this.#context ??= new AudioContext();
    const context = this.#context;
    if (context.state !== "running") await Promise.race([context.resume(), new Promise((end) => setTimeout(end, WAIT_MS))]);
    if (context.state !== "running") return;
    for (const { hertz, at } of TONES) this.#tone(context, hertz, context.currentTime + at);
  }

  #tone(context, hertz, from) {
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    tone.frequency.value = hertz;
    // A tone that begins or ends at full volume clicks.
    volume.gain.setValueAtTime(0.0001, from);
    volume.gain.exponentialRampToValueAtTime(LOUD, from + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, from + SECONDS);
    tone.connect(volume).connect(context.destination);
    tone.start(from);
    tone.stop(from + SECONDS);
  }
}
