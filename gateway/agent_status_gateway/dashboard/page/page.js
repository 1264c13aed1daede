// The page: it takes what the stream brings and shows it. An event costs what it changes, and only rows near the screen are
// drawn. One timer runs, for what changes with time.

import { fromQuery, haveOtherFilters, takeSecrets, toQuery, toggled } from "./filters.js";
import { Banner } from "./banner.js";
import { keepOpened } from "./below/below.js";
import { Fields } from "./choosing/fields.js";
import { ColumnChooser, keptColumns } from "./columns/chooser.js";
import { write } from "./dom.js";
import { Drawing } from "./drawing/drawing.js";
import { Acknowledged } from "./errors/acknowledged.js";
import { ErrorList } from "./errors/list.js";
import { Feed } from "./feed/feed.js";
import { Overview } from "./feed/overview.js";
import { KeyForm } from "./kept/key_form.js";
import { Reload } from "./kept/reload.js";
import { forgetSecrets, keep, secrets } from "./kept/secrets.js";
import { GroupChooser } from "./groups/chooser.js";
import { HeadingRow } from "./groups/heading.js";
import { Cursor } from "./keyboard/cursor.js";
import { Keyboard } from "./keyboard/keyboard.js";
import { EndedList } from "./list/ended.js";
import { Model } from "./list/model.js";
import { SessionRow } from "./list/row.js";
import { Table } from "./list/table.js";
import { Announcer } from "./notices/announcer.js";
import { Notifier } from "./notices/notifier.js";
import { newlyNeedingAttention, showInTab } from "./notifications.js";
import { Density } from "./options/density.js";
import { Options } from "./options/options.js";
import { StateFilter, sentence, showHeader, showUptime } from "./header.js";
import { name } from "./presentation.js";
import { Pause } from "./pause/pause.js";
import { Opening } from "./session/opening.js";
import { Panel } from "./session/panel.js";
import * as view from "./view.js";
import { Wall } from "./wall/wall.js";
import { Workers } from "./workers/workers.js";

const TICK_MS = 1000;

const byId = (id) => document.getElementById(id);
const banner = new Banner();
const acknowledged = new Acknowledged(location.pathname, Date.now());
const model = new Model(fromQuery(location.search, keptColumns()), acknowledged);
const drawing = new Drawing(model, banner);
const drawBar = (canvas, key) => drawing.bar(canvas, key);
const announcer = new Announcer();
const notifier = new Notifier(byId("notify"), (key) => opening.open(key));
const panel = new Panel({
  item: (key) => model.sessions.items.get(key) ?? null,
  track: (key) => model.past.tracks.get(key),
  children: (key) => model.rows.filter(({ parent }) => parent === key).map((row) => ({ key: row.session_key, called: name(row) })),
  secrets,
  clock: (now) => banner.asOf(now),
  say: answer,
  isPaused: () => banner.isHeld,
  closed: () => opening.close(),
});
const opening = new Opening(panel, wentBack);
const keyForm = new KeyForm(() => {
  begin();
  opening.restore();
});
const options = new Options(notifier, {
  rows: () => model.rows,
  once: (fields, take) => feed.once(fields, take),
  changed: () => feed.look(),
});
const states = new StateFilter(byId("states"), (state) => choose({ state: toggled(model.choice.state, state) }));
const ofRow = () => ({ columns: view.listed(model.choice.columns), branchOf: (item) => model.branch(item), fold });
const rows = new Table(byId("rows"), (item) => (item.isHeading ? new HeadingRow(item, fold) : new SessionRow(item, drawBar, ofRow())));
const ended = new EndedList(drawBar, showSoon);
const errors = new ErrorList(acknowledged, { errors: () => model.errors, say: answer });
const feed = new Feed(model, { onChange, onCount: showSoon, onConnection, needs: () => notifier, pause: () => pause });
const overview = new Overview((channel) => choose({ channel }));
const workers = new Workers({ secrets, choose, say: answer });
const columns = new ColumnChooser((columns) => choose({ columns }));
const pause = new Pause({ model, banner, say: answer, changed });
const grouping = new GroupChooser((group) => choose({ group }), () => model.rows);
const reload = new Reload(model, (now) => banner.knownTo(now));
const fieldsOfChoice = new Fields(choose);
const wall = new Wall(choose);
let isOther = true; // the list to show is not the one before with its changes
let isDue = false;
let width = 0; // of the list
let timer; // of the next tick

/** Watch all anew: with these secrets, and of this part. */
function begin() {
  reload.secrets = secrets();
  feed.begin();
}

function onChange(changed, isWhole) {
  banner.hear();
  if (feed.isLeader) notifier.notify(newlyNeedingAttention(changed), performance.now());
  if (isWhole) options.refresh();
  showSoon();
}

function onConnection(connection, tried) {
  const wasLive = banner.isLive;
  banner.update(connection);
  const now = performance.now();
  if (model.snapshot && wasLive && !banner.isLive) model.newest.past.feedLost(banner.knownTo(now));
  if (banner.isLive) model.newest.goOn(feed.asked, now, location.search);
  if (connection.state === "needs key") {
    keyForm.ask(tried);
    forgetShown();
  }
  showSoon();
}

/** Draw once per frame, however many messages came. The tab's title is updated at once, since it shows for a hidden page. */
function showSoon() {
  showInTab(model, banner);
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    show();
  });
}

function show() {
  const now = performance.now();
  const { snapshot, sessions, choice } = model;
  const figures = snapshot && model.figures;
  banner.show(now, snapshot !== null);
  byId("key").hidden = banner.state !== "needs key";
  byId("main").hidden = snapshot === null || banner.state === "needs key";
  const announced = snapshot && banner.isLive ? sentence(figures.global, figures.numbers, view.filterWords(snapshot.of)) : banner.sentence;
  write(byId("announcement"), announcer.say(announced, now));
  if (byId("main").hidden) return;
  const clock = banner.asOf(now);
  const { items, moved, number } = model.look();
  byId("matches").hidden = byId("sessions").hidden = items.length === 0;
  rows.show(items, clock, isOther ? null : moved); // the first to read sizes, so that the browser need not lay out what follows
  isOther = false;
  const isEmpty = view.isWhole(snapshot.of) && sessions.items.size === 0;
  const found = showHeader(model, { clock, isLink: secrets().ticket !== "", query: location.search, matching: number });
  announcer.find(view.serves(snapshot.of, choice) ? `${found}.` : "");
  overview.show({ of: snapshot.of, count: model.count, numbers: figures.numbers });
  const isKnown = (state) => view.countsState(snapshot.of, state);
  states.show(figures.known, choice.state, isKnown);
  const isListed = !snapshot.of.within || !(figures.numbers.waiting_for_user || figures.numbers.error);
  wall.show(figures.known, isKnown, isListed && items.length === 0);
  byId("filters").hidden = isEmpty;
  byId("empty").hidden = !isEmpty;
  byId("no-match").hidden = isEmpty || items.length > 0 || !(view.covers(snapshot.of, choice) || (snapshot.of.within && choice.search));
  tick();
}

/** Update what changes with time, and again a second after the last time. */
function tick() {
  clearTimeout(timer);
  timer = setTimeout(tick, TICK_MS);
  const now = performance.now();
  banner.run();
  notifier.tick(now, () => model.newest.rows);
  if (document.hidden) return;
  write(byId("announcement"), announcer.tick(now));
  banner.show(now, model.snapshot !== null);
  if (byId("main").hidden) return;
  const clock = banner.asOf(now);
  showUptime(model.figures, clock);
  rows.tick(clock);
  panel.show(now);
  if (!pause.isOn) workers.tick(now);
  ended.show(model.past, banner.shownAt(now));
  errors.show();
  drawing.area();
}

/** The sizes or the colours may have changed. */
function measure() {
  drawing.measure();
  const { clientWidth } = document.querySelector("#sessions thead");
  if (clientWidth !== width) for (const table of [rows, ended]) table.measure();
  width = clientWidth;
  tick();
}

/** Rows have become taller or shorter. */
function relaid() {
  width = 0;
  measure();
}

function choose(change, how) {
  const choice = { ...model.choice, ...change };
  showInUrl(toQuery(choice, location.search), how); // before the page scrolls, so that the way back leads to the same place
  setChoice(choice);
}

/** The browser went to another of the page's addresses. */
function wentBack() {
  setChoice(fromQuery(location.search, keptColumns()));
}

function setChoice(choice) {
  if (haveOtherFilters(model.choice, choice)) announcer.choose(performance.now());
  model.choice = choice;
  isOther = true;
  showFields();
  feed.look();
  showSoon();
}

/** Answer a person who cannot see what a key or a button has done. */
function answer(sentence) {
  write(byId("announcement"), announcer.answer(sentence, performance.now()));
}

/** The picture is another one. */
function changed() {
  feed.look();
  showSoon();
}

/** Fold or unfold a group. */
function fold(heading) {
  heading.isFolded = !heading.isFolded;
  showSoon();
}

/** Go to the first session in this state, if the list has one. */
function jump(state) {
  const first = model.first(state);
  if (!first) return;
  show(); // its group may have been folded
  rows.reveal(first)?.querySelector(".title").focus({ preventScroll: true });
}

function showInUrl(query, how = "replaceState") {
  history[how](history.state, "", `${location.pathname}${query && "?"}${query}${location.hash}`);
}

function showFields() {
  fieldsOfChoice.show(model.choice);
  if (columns.show(model.choice)) rows.renew();
  grouping.show(model.choice.group);
  if (wall.set(model.choice)) relaid();
  if (model.choice.workers && !workers.isOn) pause.end(); // the picture that is held has none
  workers.set(model.choice);
}

function forgetShown() {
  pause.end();
  model.forget();
  isOther = true;
  notifier.forget();
  workers.forget();
  panel.close();
  rows.show([], 0);
  ended.forget();
}

byId("leave").addEventListener("click", () => {
  pause.end();
  forgetSecrets();
  showInUrl(view.withoutPart(location.search));
  model.forgetSnapshot();
  isOther = true;
  begin();
  showSoon();
});
for (const state of ["waiting_for_user", "error"]) byId(`jump-${state}`).addEventListener("click", () => jump(state));
const sizes = new ResizeObserver(measure);
for (const node of [byId("area"), document.querySelector("#sessions thead")]) sizes.observe(node);
document.addEventListener("visibilitychange", showSoon);
for (const media of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) matchMedia(media).addEventListener("change", measure);

const cursor = new Cursor(rows, { opened: () => model.sessions.items.get(panel.key), say: answer });
const inList = (act) => () => (workers.isOn ? answer("These are the workers. Esc leads back to the sessions.") : act());
new Keyboard({
  next: inList(() => cursor.move(1)),
  previous: inList(() => cursor.move(-1)),
  first: () => cursor.first(),
  search: () => {
    workers.leave();
    fieldsOfChoice.goToSearch();
  },
  "leave search": () => fieldsOfChoice.emptySearch() || cursor.restore(),
  pause: () => pause.toggle(),
  workers: () => {
    wall.leave();
    workers.toggle();
  },
  close: () => (panel.key !== null ? opening.close() : workers.isOn ? workers.leave() : wall.leave()),
});
new Density(relaid);
keepOpened();
keep(takeSecrets());
reload.recall();
showFields();
tick();
begin();
opening.restore();
