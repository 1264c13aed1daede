// The page: it takes snapshots from the stream and shows them. One timer runs, and only visible rows are drawn.

import { NOTHING, chosen, fromQuery, takeKey, toQuery } from "./filters.js";
import { watchStatus } from "../client.js";
import { Banner } from "./banner.js";
import { Charts } from "./charts.js";
import { History } from "./history.js";
import { Notifications, newlyNeedingAttention, showInTab } from "./notifications.js";
import { Rows, write } from "./rows.js";
import { StateFilter, sentence, showChannels, showFleet, showUptime } from "./header.js";

const TICK_MS = 1000;
const MAX_ENDED = 200;
const STORED_KEY = "agent-status key";

const byId = (id) => document.getElementById(id);
const banner = new Banner();
const charts = new Charts();
const past = new History();
const notifications = new Notifications(byId("notify"));
const states = new StateFilter(byId("states"), (state) => choose({ state }));
const rows = new Rows(byId("rows"), drawBar);
const endedRows = new Rows(byId("ended-rows"), drawBar);
let choice = fromQuery(location.search);
let snapshot = null; // { status, at }
let knownFrom = Infinity;
let watch = null;
let isDue = false;

function begin(key) {
  watch?.close();
  watch = watchStatus({ key, onStatus, onConnection: (connection) => onConnection(connection, key) });
}

function onStatus(status, ageSeconds) {
  const at = performance.now() - ageSeconds * 1000;
  const before = snapshot?.status.sessions;
  snapshot = { status, at };
  knownFrom = Math.min(knownFrom, at);
  past.add(status.sessions, at);
  if (before && watch?.isLeader) notifications.notify(newlyNeedingAttention(before, status.sessions));
  showSoon();
}

function onConnection(connection, key) {
  const wasLive = banner.isLive;
  banner.update(connection);
  const now = performance.now();
  if (snapshot && wasLive && !banner.isLive) past.feedLost(banner.asOf(now));
  if (snapshot && !wasLive && banner.isLive) past.add(aged(snapshot, now), now); // no other snapshot: still this one
  if (connection.state === "needs key") askForKey(key);
  showSoon();
}

/** Rows of a snapshot, with durations as of now. */
function aged({ status, at }, now) {
  const seconds = Math.max(0, now - at) / 1000;
  return status.sessions.map((row) => ({ ...row, duration_seconds: row.duration_seconds + seconds }));
}

/** Draw once per frame, however many messages came. The tab's title is updated at once, since it shows for a hidden page. */
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
  banner.show(now, snapshot !== null);
  byId("key").hidden = banner.state !== "needs key";
  byId("main").hidden = snapshot === null || banner.state === "needs key";
  const announced = snapshot && banner.isLive ? sentence(snapshot.status) : banner.sentence;
  write(byId("announcement"), announced);
  if (byId("main").hidden) return;
  const clock = banner.asOf(now);
  const { sessions } = snapshot.status;
  const shown = chosen(choice, sessions);
  showFleet(snapshot, clock);
  states.show(sessions, choice.state);
  showChannels(byId("channel"), sessions, choice.channel);
  byId("sessions").hidden = shown.length === 0;
  byId("filters").hidden = sessions.length === 0;
  byId("empty").hidden = sessions.length > 0;
  byId("no-match").hidden = sessions.length === 0 || shown.length > 0;
  rows.show(shown.map((row) => ({ row, since: snapshot.at - row.duration_seconds * 1000 })), clock);
  tick();
}

/** Update what changes with time. */
function tick() {
  const now = performance.now();
  if (document.hidden) return;
  banner.show(now, snapshot !== null);
  if (byId("main").hidden) return;
  const clock = banner.asOf(now);
  showUptime(snapshot, clock);
  rows.tick(clock);
  showEnded(now);
  const peak = charts.area(byId("area"), past.samples, { now, knownTo: clock });
  write(byId("area-peak"), peak ? `peak ${peak.toLocaleString("en")}` : "");
}

function showEnded(now) {
  const ended = past.ended(now);
  byId("ended").hidden = ended.length === 0;
  write(byId("ended-number"), ended.length.toLocaleString("en"));
  if (!byId("ended").open) return;
  endedRows.show(ended.slice(0, MAX_ENDED).map(({ row, endedAt }) => ({ row, since: endedAt })), now);
  endedRows.tick(now);
}

function showTab() {
  const state = snapshot?.status.global.state ?? "…";
  showInTab({ state, rows: snapshot?.status.sessions ?? [], isKnown: snapshot !== null && banner.isLive });
}

function drawBar(canvas, key) {
  const now = performance.now();
  const track = past.tracks.get(key);
  if (track) charts.bar(canvas, track, { now, knownFrom, knownTo: banner.asOf(now) });
}

/** Read sizes and colours when they may have changed, not on each drawing. */
function measure() {
  const bar = document.querySelector("#rows canvas");
  charts.measure(bar ?? byId("area"), byId("area"));
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
  write(byId("key-problem"), tried ? "Wrong key" : "");
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
byId("ended").addEventListener("toggle", showSoon);
const sizes = new ResizeObserver(measure);
for (const node of [byId("area"), document.querySelector("#sessions thead")]) sizes.observe(node);
document.addEventListener("visibilitychange", showSoon);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", measure);

const given = takeKey();
if (given) sessionStorage.setItem(STORED_KEY, given);
showFields();
setInterval(tick, TICK_MS);
begin(sessionStorage.getItem(STORED_KEY) ?? "");
