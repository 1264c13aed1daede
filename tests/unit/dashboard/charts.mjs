import assert from "node:assert/strict";
import test from "node:test";

import { Charts } from "../../../gateway/agent_status_gateway/dashboard/page/charts.js";
import { WINDOW_MS } from "../../../gateway/agent_status_gateway/dashboard/page/history.js";

const WIDTH = 300;
const PIXEL_MS = WINDOW_MS / WIDTH;
const SIZE = { clientWidth: WIDTH, clientHeight: 20 };
const style = { color: "black", getPropertyValue: (name) => name };
Object.assign(globalThis, { document: {}, devicePixelRatio: 1, getComputedStyle: () => style, matchMedia: () => ({ matches: false }) });

/** A canvas that notes what is filled: a list for each drawing. */
function canvas() {
  const drawings = [];
  const pen = {
    clearRect: (x, y, width) => width === WIDTH && drawings.push([]),
    fillRect: (x, y, width) => drawings.at(-1).push({ x, width, colour: pen.fillStyle }),
  };
  return { drawings, getContext: () => pen };
}

function charts() {
  const made = new Charts();
  made.measure(SIZE, SIZE);
  return made;
}

const track = (...froms) => ({ from: froms, to: froms.map((from, index) => froms[index + 1] ?? Infinity), states: froms.map(() => 2) });
const live = (now) => ({ now, knownFrom: 0, knownTo: now });

test("a bar is drawn again only once its picture differs", () => {
  const [drawn, shown] = [charts(), canvas()];
  const began = 10 * PIXEL_MS;
  const bar = (froms, moment) => {
    drawn.bar(shown, track(...froms), moment);
    return shown.drawings.length;
  };
  assert.equal(bar([began], live(20.1 * PIXEL_MS)), 1);
  assert.equal(bar([began], live(20.9 * PIXEL_MS)), 1);
  assert.equal(bar([began], live(21.1 * PIXEL_MS)), 2, "a pixel of time has passed");
  assert.equal(bar([began, 21.2 * PIXEL_MS], live(21.3 * PIXEL_MS)), 3, "another state began");
  assert.equal(bar([began, 21.2 * PIXEL_MS], { ...live(21.3 * PIXEL_MS), knownTo: began }), 4, "what is known ends earlier");
  drawn.measure(SIZE, SIZE);
  assert.equal(bar([began, 21.2 * PIXEL_MS], { ...live(21.3 * PIXEL_MS), knownTo: began }), 5, "sizes or colours may differ");
});

test("a stack is drawn again only once its picture differs", () => {
  const [drawn, shown] = [charts(), canvas()];
  const before = { at: 0, numbers: [0, 0, 3, 0, 0] };
  const area = (samples, now) => {
    assert.equal(drawn.area(shown, samples, live(now)), 3);
    return shown.drawings.length;
  };
  assert.equal(area([before], 20.1 * PIXEL_MS), 1);
  assert.equal(area([before], 20.9 * PIXEL_MS), 1);
  assert.equal(area([before], 21.1 * PIXEL_MS), 2, "a pixel of time has passed");
  const newest = { at: 21.2 * PIXEL_MS, numbers: [0, 0, 2, 1, 0] };
  assert.equal(area([before, newest], 21.3 * PIXEL_MS), 3, "the numbers differ");
  newest.numbers = [0, 0, 1, 1, 1];
  assert.equal(area([before, newest], 21.3 * PIXEL_MS), 4, "they differ again within a sample");
});

test("of a stack's samples within one pixel the last is drawn, and the newest at once", () => {
  const shown = canvas();
  const sample = (pixel, numbers) => ({ at: pixel * PIXEL_MS, numbers });
  charts().area(shown, [sample(0, [9, 0, 0, 0, 0]), sample(20.2, [0, 9, 0, 0, 0]), sample(20.4, [0, 0, 9, 0, 0])], live(20.5 * PIXEL_MS));
  const filled = shown.drawings[0].filter(({ colour }) => colour.startsWith("--fill")).map(({ x, width }) => [x, width]);
  assert.deepEqual([...new Set(filled.map(String))], ["279,20", "299,1"]);
});
