// The page: it takes snapshots from the stream and shows them. One timer runs, and only visible rows are drawn.

import { NOTHING, chosen, fromQuery, takeSecrets, toQuery } from "./filters.js";
import { watchStatus } from "../client.js";
import { Banner } from "./banner.js";
import { Charts } from "./charts.js";
import { History } from "./history.js";
import { forgetSecrets, keep, secrets } from "./kept/secrets.js";
import { Announcer } from "./notices/announcer.js";
import { Notifier } from "./notices/notifier.js";
import { newlyNeedingAttention, showInTab } from "./notifications.js";
import { Options } from "./options/options.js";
import { Rows, write } from "./rows.js";
import { StateFilter, sentence, showChannels, showFleet, showPart, showUptime } from "./header.js";
import { name } from "./presentation.js";
import { Opening } from "./session/opening.js";
import { Panel } from "./session/panel.js";
import * as view from "./view.js";

const TICK_MS = 1000;
const MAX_ENDED = 200;
const NO_FLEET = Object.freeze({ size: 0, channels: new Set() });

const byId = (id) => document.getElementById(id);
const banner = new Banner();
const charts = new Charts();
let past = new History();
const announcer = new Announcer();
const notifier = new Notifier(byId("notify"), (key) => opening.open(key));
const panel = new Panel({
  item: openItem,
  track: (key) => past.tracks.get(key),
  children: (key) => open().filter(({ parent }) => parent === key).map((row) => ({ key: row.session_key, called: name(row) })),
  secrets,
  clock: (now) => banner.asOf(now),
  say: answer,
  closed: () => opening.close(),
});
const opening = new Opening(panel, wentBack);
const states = new StateFilter(byId("states"), (state) => choose({ state }));
const rows = new Rows(byId("rows"), drawBar);
const endedRows = new Rows(byId("ended-rows"), drawBar);
let choice = fromQuery(location.search);
let asked = view.WHOLE; // of the choice, what the gateway is to choose
let fleet = NO_FLEET; // as of the last snapshot without a filter
let snapshot = null; // { status, at, asked, of }: `of` is what it is of
let knownFrom = Infinity;
let watch = null;
let isDue = false;

/** Watch what the choice needs. */
function begin() {
  watch?.close();
  const tried = secrets();
  const ours = (asked = view.askedFor(choice, fleet));
  watch = watchStatus({
    ...tried,
    view: view.viewQuery(ours, location.search),
    onStatus: (status, ageSeconds) => onStatus(status, ageSeconds, ours),
    onConnection: (connection) => onConnection(connection, tried),
  });
}

/** Watch something else if the choice needs it. */
function look() {
  if (!view.isSame(asked, view.askedFor(choice, fleet))) begin();
}

function onStatus(status, ageSeconds, ours) {
  const at = performance.now() - ageSeconds * 1000;
  const of = view.answered(ours, status.sessions);
  const before = snapshot?.of === of ? snapshot.status.sessions : null;
  snapshot = { status, at, asked: ours, of };
  knownFrom = Math.min(knownFrom, at);
  past.look(view.viewQuery(of, location.search));
  past.add(status.sessions, at, (row) => view.showsEnds(of, row, location.search));
  if (before && watch?.isLeader) notifier.notify(newlyNeedingAttention(before, status.sessions), performance.now());
  if (view.isWhole(of)) fleet = { size: status.sessions.length, channels: new Set(status.sessions.map((row) => row.channel)) };
  look();
  showSoon();
}

function onConnection(connection, tried) {
  const wasLive = banner.isLive;
  banner.update(connection);
  const now = performance.now();
  if (snapshot && wasLive && !banner.isLive) past.feedLost(banner.asOf(now));
  // Without another snapshot it is still this one.
  if (snapshot?.asked === asked && !wasLive && banner.isLive) past.add(aged(snapshot, now), now, (row) => view.showsEnds(snapshot.of, row, location.search));
  if (connection.state === "needs key") askForKey(tried);
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
  const announced = snapshot && banner.isLive ? sentence(snapshot.status, view.filterWords(snapshot.of)) : banner.sentence;
  write(byId("announcement"), announcer.say(announced, now));
  if (byId("main").hidden) return;
  const clock = banner.asOf(now);
  const { sessions } = snapshot.status;
  const shown = chosen(choice, sessions);
  const isWhole = view.isWhole(snapshot.of);
  const isEmpty = isWhole && sessions.length === 0;
  showPart({ asked: snapshot.of, isLink: secrets().ticket !== "", query: location.search });
  showFleet(snapshot, clock, !isWhole);
  states.show(sessions, choice.state, (state) => view.knowsState(snapshot.of, state));
  showChannels(byId("channel"), sessions, fleet.channels, choice.channel);
  byId("sessions").hidden = shown.length === 0;
  byId("filters").hidden = isEmpty;
  byId("empty").hidden = !isEmpty;
  byId("no-match").hidden = isEmpty || shown.length > 0 || !view.covers(snapshot.of, choice);
  rows.show(shown.map((row) => ({ row, since: snapshot.at - row.duration_seconds * 1000 })), clock);
  tick();
}

/** Update what changes with time. */
function tick() {
  const now = performance.now();
  notifier.tick(now, open);
  if (document.hidden) return;
  write(byId("announcement"), announcer.tick(now));
  banner.show(now, snapshot !== null);
  if (byId("main").hidden) return;
  const clock = banner.asOf(now);
  showUptime(snapshot, clock);
  rows.tick(clock);
  panel.show(now);
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
  const filter = snapshot ? view.filterWords(snapshot.of) : "";
  showInTab({ state, rows: snapshot?.status.sessions ?? [], isKnown: snapshot !== null && banner.isLive, filter });
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
  showInUrl(toQuery(choice, location.search));
  showFields();
  look();
  showSoon();
}

/** The browser went to another of the page's addresses. */
function wentBack() {
  choice = fromQuery(location.search);
  showFields();
  look();
  showSoon();
}

/** Rows of the newest snapshot. */
function open() {
  return snapshot?.status.sessions ?? [];
}

/** Session of the newest snapshot, and since when its state lasts. */
function openItem(key) {
  const row = open().find(({ session_key }) => session_key === key);
  return row ? { row, since: snapshot.at - row.duration_seconds * 1000 } : null;
}

/** Answer a person who cannot see what a key or a button has done. */
function answer(sentence) {
  write(byId("announcement"), announcer.answer(sentence, performance.now()));
}

function showInUrl(query) {
  history.replaceState(history.state, "", `${location.pathname}${query && "?"}${query}${location.hash}`);
}

function showFields() {
  byId("search").value = choice.search;
  byId("sort").value = choice.sort;
}

function askForKey({ key, ticket }) {
  forgetSecrets();
  forgetShown();
  const link = "This link has expired or was revoked. Ask for a new one, or enter a key.";
  write(byId("key-problem"), ticket ? link : key ? "Wrong key" : "");
  byId("key-input").value = "";
  requestAnimationFrame(() => requestAnimationFrame(() => byId("key-input").focus()));
}

function forgetShown() {
  snapshot = null;
  fleet = NO_FLEET;
  past = new History();
  knownFrom = Infinity;
  notifier.forget();
  panel.close();
  for (const table of [rows, endedRows]) table.show([], 0);
}

byId("key").addEventListener("submit", (event) => {
  event.preventDefault();
  keep({ key: byId("key-input").value, ticket: "" });
  begin();
  opening.restore();
});
byId("leave").addEventListener("click", () => {
  forgetSecrets();
  showInUrl(view.withoutPart(location.search));
  snapshot = null; // of the part
  fleet = NO_FLEET;
  begin();
  showSoon();
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

new Options(notifier, open);
keep(takeSecrets());
showFields();
setInterval(tick, TICK_MS);
begin();
opening.restore();
