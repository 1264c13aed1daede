// Charts of the last 15 minutes, on canvases: a session's bar, and the number of sessions in each state.

import { WINDOW_MS } from "./history.js";
import { STATES } from "./presentation.js";

/** States of a stack, from the bottom up. */
const STACK = ["error", "waiting_for_user", "tool_running", "thinking", "streaming"].map((state) => STATES.indexOf(state));
const GAP = 1;

export class Charts {
  #colours = {};
  #bar = [0, 0];
  #area = [0, 0];
  #ratio = 1;

  /** Call this after the page's size or colours have changed. All bars and canvases are as large as these. */
  measure(bar, area) {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.#colours = { states: STATES.map((state) => colour(`fill-${state}`)), unknown: colour("unknown"), line: colour("line") };
    this.#bar = [bar.clientWidth, bar.clientHeight];
    this.#area = [area.clientWidth, area.clientHeight];
    this.#ratio = devicePixelRatio;
  }

  /** Draw a track as a bar. It is empty outside `knownFrom` to `knownTo`, the time that this page knows about. */
  bar(canvas, track, { now, knownFrom, knownTo }) {
    if (!this.#bar[0]) return;
    const pen = this.#pen(canvas, this.#bar);
    const { width } = canvas;
    const x = (at) => Math.round((1 - (now - at) / WINDOW_MS) * width);
    const until = Math.min(now, knownTo);
    pen.fillStyle = this.#colours.line;
    const middle = Math.floor(canvas.height / 2);
    pen.fillRect(Math.max(0, x(knownFrom)), middle, Math.max(0, x(until) - Math.max(0, x(knownFrom))), 1);
    let drawn = -1; // spans within one pixel are one
    for (let index = 0; index < track.from.length; index += 1) {
      const left = Math.max(0, x(track.from[index]));
      const right = Math.min(width, x(Math.min(track.to[index], until)));
      if (right < 0 || right < left || right <= drawn) continue;
      drawn = Math.max(right, left + 1);
      const wide = right - left > 4 * this.#ratio;
      pen.fillStyle = this.#colours.states[track.states[index]] ?? this.#colours.unknown;
      pen.fillRect(left, 0, Math.max(this.#ratio, right - left - (wide ? GAP * this.#ratio : 0)), canvas.height);
    }
  }

  /** Draw the sessions by state as a stack. Returns the highest stack. */
  area(canvas, samples, { now, knownTo }) {
    const pen = this.#pen(canvas, this.#area);
    const { width, height } = canvas;
    const x = (at) => Math.max(0, (1 - (now - at) / WINDOW_MS) * width);
    const peak = samples.reduce((high, { numbers }) => Math.max(high, numbers ? sum(numbers) : 0), 0);
    const scale = (height - this.#ratio) / Math.max(1, peak);
    samples.forEach(({ at, numbers }, index) => {
      const until = samples[index + 1]?.at ?? Math.min(now, knownTo);
      const [left, right] = [Math.floor(x(at)), Math.ceil(x(until))];
      if (!numbers || right <= left) return;
      let bottom = height - this.#ratio;
      for (const state of STACK) {
        const tall = numbers[state] * scale;
        pen.fillStyle = this.#colours.states[state];
        pen.fillRect(left, bottom - tall, right - left, tall);
        bottom -= tall;
      }
    });
    pen.fillStyle = this.#colours.line;
    pen.fillRect(0, height - this.#ratio, width, this.#ratio);
    return peak;
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
