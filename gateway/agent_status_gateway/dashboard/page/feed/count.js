// Pure: the sessions of a fleet counted by channel and state, as a summary has them. It stands for rows that nobody could read.

import { STATES } from "../presentation.js";

export class Count {
  /** The summary's global status. */
  global;
  /** Page's time at which it came, in milliseconds. */
  at;
  /** Groups by channel: `{ sessions, states }`. */
  channels;
  #groups;

  /** A summary by channel. Its last group may be of several channels, and has no name then. */
  constructor({ global, groups }, at) {
    this.global = global;
    this.at = at;
    this.#groups = groups;
    this.channels = new Map(groups.filter(({ channel }) => channel != null).map((group) => [group.channel, group]));
  }

  get size() {
    return this.#groups.reduce((sum, { sessions }) => sum + sessions, 0);
  }

  /** Number of sessions by state, of these channels; of all without any. */
  numbers(channels = []) {
    const numbers = Object.fromEntries(STATES.map((state) => [state, 0]));
    const groups = channels.length ? channels.flatMap((channel) => this.channels.get(channel) ?? []) : this.#groups;
    for (const { states } of groups) for (const state of STATES) numbers[state] += states[state] ?? 0;
    return numbers;
  }
}

/** Numbers of these states alone; of all without any. */
export function only(numbers, states) {
  return Object.fromEntries(STATES.map((state) => [state, !states.length || states.includes(state) ? numbers[state] : 0]));
}

export function sum(numbers) {
  return STATES.reduce((total, state) => total + numbers[state], 0);
}

/** Global status of sessions of these numbers, which are a part of the fleet that has this one. */
export function globalOf(numbers, fleet) {
  const active_sessions = sum(numbers);
  return { ...fleet, state: numbers.error ? "degraded" : active_sessions ? "active" : "idle", active_sessions };
}
