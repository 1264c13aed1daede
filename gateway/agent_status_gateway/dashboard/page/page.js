// The page: what comes from the stream, and what of it is shown. One timer; nothing is drawn that cannot be seen.

import { NOTHING, chosen, fromQuery, takeKey, toQuery } from "./filters.js";
import { watchStatus } from "../client.js";
import { Connection } from "./banner.js";
import { Drawing } from "./charts.js";
import { History } from "./history.js";
import { Notifications, newlyInNeed, showInTab } from "./notifications.js";
import { Rows, write } from "./rows.js";
import { States, sentence, showChannels, showFleet, showUptime } from "./header.js";

const TICK_MS = 1000;
const LEFT_AT_MOST = 200;
const STORED_KEY = "agent-status key";

const byId = (id) => document.getElementById(id);
const connection = new Connection();
const drawing = new Drawing();
const past = new History();
const notifications = new Notifications(byId("notify"));
const states = new States(byId("states"), (state) => choose({ state }));
const rows = new Rows(byId("rows"), drawBar);
const leftRows = new Rows(byId("left-rows"), drawBar);
let choice = fromQuery(location.search);
let picture = null; // { status, at }
let heardFrom = Infinity;
let watch = null;
let isDue = false;

function begin(key) {
  watch?.close();
  watch = watchStatus({ key, onStatus: hearStatus, onConnection: (said) => hearConnection(said, key) });
}

function hearStatus(status, ageSeconds) {
  const at = performance.now() - ageSeconds * 1000;
  const before = picture?.status.sessions;
  picture = { status, at };
  heardFrom = Math.min(heardFrom, at);
  past.add(status.sessions, at);
  if (before && watch?.isLeader) notifications.tell(newlyInNeed(before, status.sessions));
  showSoon();
}

function hearConnection(said, key) {
  const wasLive = connection.isLive;
  connection.hear(said);
  const now = performance.now();
  if (picture && wasLive && !connection.isLive) past.lose(connection.asOf(now));
  if (picture && !wasLive && connection.isLive) past.add(aged(picture, now), now); // no other picture: still this one
  if (said.state === "needs key") askForKey(key);
  showSoon();
}

/** The picture's rows as they are a while after it came. */
function aged({ status, at }, now) {
  const seconds = Math.max(0, now - at) / 1000;
  return status.sessions.map((row) => ({ ...row, duration_seconds: row.duration_seconds + seconds }));
}

/** Once for a frame, however much was heard. The tab is told at once: it is what is seen of a hidden page. */
function showSoon() {
  showTab();
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    show();
  });
}

function show() {
  const now = performance.now();
  connection.show(now, picture !== null);
  byId("key").hidden = connection.state !== "needs key";
  byId("main").hidden = picture === null || connection.state === "needs key";
  const said = picture && connection.isLive ? sentence(picture.status) : connection.sentence;
  write(byId("said"), said);
  if (byId("main").hidden) return;
  const clock = connection.asOf(now);
  const { sessions } = picture.status;
  const shown = chosen(choice, sessions);
  showFleet(picture, clock);
  states.show(sessions, choice.state);
  showChannels(byId("channel"), sessions, choice.channel);
  byId("sessions").hidden = shown.length === 0;
  byId("choice").hidden = sessions.length === 0;
  byId("empty").hidden = sessions.length > 0;
  byId("no-match").hidden = sessions.length === 0 || shown.length > 0;
  rows.show(shown.map((row) => ({ row, since: picture.at - row.duration_seconds * 1000 })), clock);
  tick();
}

/** A second has passed, or something has changed. */
function tick() {
  const now = performance.now();
  if (document.hidden) return;
  connection.show(now, picture !== null);
  if (byId("main").hidden) return;
  const clock = connection.asOf(now);
  showUptime(picture, clock);
  rows.tick(clock);
  showLeft(now);
  const most = drawing.area(byId("area"), past.samples, { now, heardTo: clock });
  write(byId("area-most"), most ? `at most ${most.toLocaleString("en")}` : "");
}

function showLeft(now) {
  const left = past.left(now);
  byId("left").hidden = left.length === 0;
  write(byId("left-number"), left.length.toLocaleString("en"));
  if (!byId("left").open) return;
  leftRows.show(left.slice(0, LEFT_AT_MOST).map(({ row, leftAt }) => ({ row, since: leftAt })), now);
  leftRows.tick(now);
}

function showTab() {
  const state = picture?.status.global.state ?? "…";
  showInTab({ state, rows: picture?.status.sessions ?? [], isKnown: picture !== null && connection.isLive });
}

function drawBar(canvas, key) {
  const now = performance.now();
  const track = past.tracks.get(key);
  if (track) drawing.bar(canvas, track, { now, heardFrom, heardTo: connection.asOf(now) });
}

/** Sizes and colours are read when they may have changed, not each time that something is drawn. */
function measure() {
  const bar = document.querySelector("#rows canvas");
  drawing.measure(bar ?? byId("area"), byId("area"));
  tick();
}

function choose(change) {
  choice = { ...choice, ...change };
  const query = toQuery(choice, location.search);
  history.replaceState(history.state, "", `${location.pathname}${query && "?"}${query}${location.hash}`);
  showFields();
  showSoon();
}

function showFields() {
  byId("search").value = choice.search;
  byId("sort").value = choice.sort;
}

function askForKey(tried) {
  sessionStorage.removeItem(STORED_KEY);
  write(byId("key-problem"), tried ? "That key is not right." : "");
  byId("key-input").value = "";
  requestAnimationFrame(() => requestAnimationFrame(() => byId("key-input").focus()));
}

byId("key").addEventListener("submit", (event) => {
  event.preventDefault();
  const key = byId("key-input").value;
  sessionStorage.setItem(STORED_KEY, key);
  begin(key);
});
byId("search").addEventListener("input", ({ target }) => choose({ search: target.value }));
byId("channel").addEventListener("change", ({ target }) => choose({ channel: target.value }));
byId("sort").addEventListener("change", ({ target }) => choose({ sort: target.value }));
byId("clear").addEventListener("click", () => choose({ ...NOTHING, sort: choice.sort }));
byId("left").addEventListener("toggle", showSoon);
const sizes = new ResizeObserver(measure);
for (const node of [byId("area"), document.querySelector("#sessions thead")]) sizes.observe(node);
document.addEventListener("visibilitychange", showSoon);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", measure);

const given = takeKey();
if (given) sessionStorage.setItem(STORED_KEY, given);
showFields();
setInterval(tick, TICK_MS);
begin(sessionStorage.getItem(STORED_KEY) ?? "");
