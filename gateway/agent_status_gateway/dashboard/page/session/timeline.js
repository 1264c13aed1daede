// Pure: what a session did in the last 15 minutes, as lines of text.

import { STATES, duration } from "../presentation.js";

export const MOST_LINES = 100;

/**
 * Lines of a track, the newest first: `{ state, from, to, lasts }`. `to` is null for what goes on. Times are the page's
 * milliseconds, and `lasts` are words. `clock` is the time that is known.
 */
export function linesOf(track, clock) {
  const lines = [];
  for (let index = track.from.length - 1; index >= 0 && lines.length < MOST_LINES; index -= 1) {
    const [from, to] = [track.from[index], track.to[index]];
    const goesOn = to === Infinity;
    const lasts = duration((Math.max(from, goesOn ? clock : to) - from) / 1000);
    lines.push({ state: STATES[track.states[index]], from, to: goesOn ? null : to, lasts });
  }
  return lines;
}
