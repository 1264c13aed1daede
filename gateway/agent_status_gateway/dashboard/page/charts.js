// Charts of the last 15 minutes, on canvases: a session's bar, and the number of sessions in each state.
//
// States are told apart by more than their hue: in a bar by their height, and an error is broken in the middle; in the stack by
// their order and the gaps between them. Where the browser has forced colours, all is drawn in that of text.

import { WINDOW_MS } from "./history.js";
import { STATES } from "./presentation.js";

/** States of a stack, from the bottom up. */
const STACK = ["error", "waiting_for_user", "tool_running", "thinking", "streaming"].map((state) => STATES.indexOf(state));
const GAP = 1;
/** How tall states are in a bar. Those that need a person are the tallest. */
const HEIGHTS = STATES.map((state) => ({ waiting_for_user: 1, error: 1, tool_running: 0.8, streaming: 0.6, thinking: 0.4 })[state]);
const UNKNOWN_HEIGHT = 0.2;
const BROKEN = STATES.indexOf("error");
const BREAK = 0.3; // of the height

export class Charts {
  #colours = {};
  #bar = [0, 0];
  #area = [0, 0];
  #ratio = 1;
  #drawn = new WeakMap(); // what each canvas shows, in words

  /** Call this after the page's size or colours have changed. All bars and canvases are as large as these. */
  measure(bar, area) {
    const style = getComputedStyle(document.documentElement);
    const isForced = matchMedia("(forced-colors: active)").matches;
    const colour = (name) => (isForced ? style.color : style.getPropertyValue(`--${name}`).trim());
    this.#colours = { states: STATES.map((state) => colour(`fill-${state}`)), unknown: colour("unknown"), line: colour("line") };
    this.#bar = [bar.clientWidth, bar.clientHeight];
    this.#area = [area.clientWidth, area.clientHeight];
    this.#ratio = devicePixelRatio;
    this.#drawn = new WeakMap();
  }

  /** Draw a track as a bar. It is empty outside `knownFrom` to `knownTo`, the time that this page knows about. */
  bar(canvas, track, moment) {
    if (!this.#bar[0]) return;
    const { from, to } = track;
    const { now, knownFrom, knownTo } = this.#toPixels(moment, this.#bar);
    if (this.#shows(canvas, [now, knownFrom, knownTo, from.length, from.at(-1), to.at(-1)])) return;
    const pen = this.#pen(canvas, this.#bar);
    const { width } = canvas;
    const x = (at) => Math.round((1 - (now - at) / WINDOW_MS) * width);
    const until = Math.min(now, knownTo);
    pen.fillStyle = this.#colours.line;
    pen.fillRect(Math.max(0, x(knownFrom)), canvas.height - this.#ratio, Math.max(0, x(until) - Math.max(0, x(knownFrom))), this.#ratio);
    let drawn = -1; // spans within one pixel are one
    for (let index = 0; index < track.from.length; index += 1) {
      const left = Math.max(0, x(track.from[index]));
      const right = Math.min(width, x(Math.min(track.to[index], until)));
      if (right < 0 || right < left || right <= drawn) continue;
      drawn = Math.max(right, left + 1);
      const wide = right - left > 4 * this.#ratio;
      pen.fillStyle = this.#colours.states[track.states[index]] ?? this.#colours.unknown;
      const broad = Math.max(this.#ratio, right - left - (wide ? GAP * this.#ratio : 0));
      const tall = Math.round(canvas.height * (HEIGHTS[track.states[index]] ?? UNKNOWN_HEIGHT));
      pen.fillRect(left, canvas.height - tall, broad, tall);
      if (track.states[index] === BROKEN) {
        const gap = Math.round(canvas.height * BREAK);
        pen.clearRect(left, Math.round((canvas.height - gap) / 2), broad, gap);
      }
    }
  }

  /** Draw the sessions by state as a stack. Returns the highest stack. */
  area(canvas, samples, moment) {
    const { now, knownTo } = this.#toPixels(moment, this.#area);
    const peak = samples.reduce((high, { numbers }) => Math.max(high, numbers ? sum(numbers) : 0), 0);
    const newest = samples.at(-1);
    if (this.#shows(canvas, [now, knownTo, peak, samples.length, newest?.at, newest?.numbers])) return peak;
    const pen = this.#pen(canvas, this.#area);
    const { width, height } = canvas;
    const x = (at) => Math.max(0, Math.floor((1 - (now - at) / WINDOW_MS) * width));
    const scale = (height - this.#ratio) / Math.max(1, peak);
    samples.forEach(({ at, numbers }, index) => {
      const until = samples[index + 1]?.at ?? Math.min(now, knownTo);
      const [left, right] = [x(at), x(until)]; // the last sample within a pixel is drawn
      if (!numbers || right <= left) return;
      let bottom = height - this.#ratio;
      for (const state of STACK) {
        const tall = numbers[state] * scale;
        pen.fillStyle = this.#colours.states[state];
        const gap = tall > 3 * this.#ratio ? GAP * this.#ratio : 0;
        pen.fillRect(left, bottom - tall + gap, right - left, tall - gap);
        bottom -= tall;
      }
    });
    pen.fillStyle = this.#colours.line;
    pen.fillRect(0, height - this.#ratio, width, this.#ratio);
    return peak;
  }

  /** A moment in whole pixels of a chart of this size, since a chart goes on by these. */
  #toPixels({ now, knownTo, ...others }, [width]) {
    const pixelMs = WINDOW_MS / (width * this.#ratio);
    const [end, known] = [now, knownTo].map((at) => Math.ceil(at / pixelMs) * pixelMs);
    return { ...others, now: end, knownTo: known };
  }

  /** Test whether a canvas shows this already, and note that it does now. */
  #shows(canvas, picture) {
    const words = String(picture);
    if (this.#drawn.get(canvas) === words) return true;
    this.#drawn.set(canvas, words);
    return false;
  }

  #pen(canvas, size) {
    const [width, height] = size.map((pixels) => Math.round(pixels * this.#ratio));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    return pen;
  }
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
