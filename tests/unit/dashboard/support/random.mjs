// Random histories of events, the same at each run.

import { STATES } from "../../../../gateway/agent_status_gateway/dashboard/page/presentation.js";

const CHANNELS = ["web", "ci", "slack"];
const TITLES = [null, "Fix auth bug", "beta", "Übung"];

/** A small generator of numbers (mulberry32). */
class Random {
  #seed;
  #keys = [];

  constructor(seed) {
    this.#seed = seed;
  }

  next() {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(number) {
    return Math.floor(this.next() * number);
  }

  of(list) {
    return list[this.below(list.length)];
  }

  /** An event: mostly a change, seldom a whole snapshot. */
  event() {
    const sessions = [...new Map(Array.from({ length: this.below(8) }, () => this.row()).map((row) => [row.session_key, row])).values()];
    const isWhole = this.below(10) === 0;
    const named = new Set(sessions.map((row) => row.session_key));
    const gone = isWhole ? [] : this.#keys.filter((key) => !named.has(key) && this.below(6) === 0);
    if (isWhole) this.#keys = [];
    this.#keys = [...new Set([...this.#keys, ...named])];
    return { isWhole, sessions, gone };
  }

  row() {
    const channel = this.of(CHANNELS);
    const session_id = this.of(["1", "2", "3", "\u{1f600}", "\uffee", "9"]);
    const state = this.of(STATES);
    return {
      session_key: `${channel}:${session_id}`,
      session_id,
      channel,
      title: this.of(TITLES),
      state,
      duration_seconds: this.below(5),
      tool_name: state === "tool_running" ? this.of(["bash", "curl"]) : null,
      token_usage: this.of([null, { input: this.below(3) * 1000, output: 0 }]),
      error_message: state === "error" ? this.of(["boom", "429 from the provider"]) : null,
      cost_usd: this.of([null, 0.5, 2]),
    };
  }
}

/** Run a test with many generators. The one that fails is named. */
export function randomly(times, run) {
  for (let seed = 1; seed <= times; seed += 1) {
    try {
      run(new Random(seed));
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}
