// Pure: the history as a text that a tab keeps for its next load.
//
// Rule 1: of a session it has the key, its states and their times. It has no title, error, tool or label.
// Rule 2: a span that a row tells by its duration is not kept, since the next load gets that row.
// Rule 3: it is bounded: in characters, in sessions (those that changed last), in spans of each, and in age.
// Rule 4: a text that makes no sense is nothing, and so is a session in it that makes none.
//
// Times are milliseconds. In the text they are tenths of a second before it was written, and that moment is the wall clock's,
// since each load of a page has a clock of its own.

import { WINDOW_MS } from "../history.js";
import { STATES } from "../presentation.js";
import { digest } from "./digest.js";

export const MAX_CHARACTERS = 500_000;
export const MAX_SESSIONS = 2000;
export const MAX_SPANS = 200;
const MAX_SAMPLES = 1000;
const MAX_KEY = 512;
const FORMAT = 1;
const SLACK_MS = 1500; // by which a wall clock may be put back

const tenths = (ms) => Math.max(0, Math.round(ms / 100));

/** Text of a history that is known from one time to another. */
export function packed({ tracks, samples, view }, { knownFrom, knownTo, now, wall }) {
  const age = (at) => tenths(knownTo - Math.min(at, knownTo));
  const head = {
    format: FORMAT,
    at: Math.round(wall - (now - knownTo)),
    from: age(knownFrom),
    view: digest(view),
    samples: samples.slice(-MAX_SAMPLES).map(({ at, numbers }) => [age(at), ...(numbers ?? [])]),
  };
  const worthIt = [...tracks].filter(([, track]) => track.from.length > 1 || track.to[0] < Infinity);
  worthIt.sort(([, one], [, other]) => changedAt(other) - changedAt(one));
  const kept = [];
  let room = MAX_CHARACTERS - JSON.stringify(head).length;
  for (const [key, track] of worthIt.slice(0, MAX_SESSIONS)) {
    const text = JSON.stringify([key, track.endedAt === null ? -1 : age(track.endedAt), ...spansOf(track, age)]);
    room -= text.length + 1;
    if (room < 0) break;
    kept.push(text);
  }
  return `${JSON.stringify(head).slice(0, -1)},"tracks":[${kept.join(",")}]}`;
}

/**
 * History of a text: `{ at, knownFrom, view, samples, tracks }`, in the times of a page where it is `now`. `view` is a digest,
 * and a track is `{ key, endedAt, from, to, states }`. Null if the text has none that is new enough.
 */
export function unpacked(text, { now, wall }) {
  const stored = parsed(text);
  if (!stored || !(stored.at <= wall + SLACK_MS && stored.at > wall - WINDOW_MS)) return null;
  const at = now - Math.max(0, wall - stored.at);
  const time = (age) => at - age * 100;
  const samples = listOf(stored.samples).slice(-MAX_SAMPLES).filter(isSample);
  return {
    at,
    knownFrom: Math.min(at, isAge(stored.from) ? time(stored.from) : at),
    view: String(stored.view),
    samples: samples
      .map(([age, ...numbers]) => ({ at: time(age), numbers: numbers.length ? numbers : null }))
      .sort((one, other) => one.at - other.at),
    tracks: listOf(stored.tracks).slice(0, MAX_SESSIONS).map((one) => trackOf(one, time)).filter(Boolean),
  };
}

function changedAt(track) {
  return track.endedAt ?? track.from.at(-1);
}

function spansOf({ from, to, states }, age) {
  const numbers = [];
  for (let index = Math.max(0, from.length - MAX_SPANS); index < from.length; index += 1) {
    numbers.push(states[index], age(from[index]), age(to[index]));
  }
  return numbers;
}

function parsed(text) {
  if (!text || text.length > 2 * MAX_CHARACTERS) return null;
  try {
    const stored = JSON.parse(text);
    return stored?.format === FORMAT && Number.isFinite(stored.at) ? stored : null;
  } catch {
    return null;
  }
}

/** A track; null unless its spans follow each other. */
function trackOf(stored, time) {
  const [key, ended, ...numbers] = listOf(stored);
  const hasKey = typeof key === "string" && key !== "" && key.length <= MAX_KEY;
  if (!hasKey || !(ended === -1 || isAge(ended)) || !numbers.length || numbers.length % 3 || numbers.length > 3 * MAX_SPANS) return null;
  const track = { key, endedAt: ended === -1 ? null : time(ended), from: [], to: [], states: [] };
  for (let index = 0; index < numbers.length; index += 3) {
    const [state, from, to] = numbers.slice(index, index + 3);
    const isSpan = Number.isInteger(state) && state < STATES.length && state >= 0 && isAge(from) && isAge(to) && from >= to;
    if (!isSpan || (index && from > numbers[index - 1])) return null;
    track.states.push(state);
    track.from.push(time(from));
    track.to.push(time(to));
  }
  return track;
}

function isSample(sample) {
  return Array.isArray(sample) && [1, 1 + STATES.length].includes(sample.length) && sample.every(isAge);
}

function isAge(value) {
  return Number.isInteger(value) && value >= 0;
}

function listOf(value) {
  return Array.isArray(value) ? value : [];
}
