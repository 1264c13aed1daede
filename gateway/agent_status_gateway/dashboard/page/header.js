// The header: the fleet's figures, and the number of sessions in each state, which is also the filter.

import { COLUMNS } from "./columns/columns.js";
import { element, write } from "./dom.js";
import { needWords } from "./notifications.js";
import { STATE_LABELS, STATES, countWords, duration, headline, tokens } from "./presentation.js";
import { figuresOf, filterWords, isWhole, listed, partWords } from "./view.js";

const byId = (id) => document.getElementById(id);
const GLOBAL_LABELS = { idle: "Idle", active: "Active", degraded: "Degraded" };

/** Show what is above the list: of the model, as of `clock`. `matching` is the number of sessions in the list. Returns words for it. */
export function showHeader({ snapshot, sessions, choice, fleet, figures }, { clock, isLink, query, matching }) {
  showPart({ asked: snapshot.of, isLink, query });
  showFleet(figures, clock, !isWhole(figuresOf(snapshot.of)) ? "Filter" : isLink || partWords(query) ? "Part" : "Fleet");
  showNeed(figures.numbers);
  showChannels(byId("channel"), sessions.channels.keys(), fleet.channels, choice.channel);
  const stalled = choice.stalled ? ` · stalled: ${sessions.stalled.toLocaleString("en")}` : "";
  return showMatches(matching, snapshot.of.within ? figures.global.active_sessions : sessions.items.size, stalled);
}

/** Show the figures as of `clock`. Those of a filter or a part stand beside no capacity, since that is the whole fleet's. */
function showFleet({ global: fleet, at, usage }, clock, label) {
  const most = label !== "Fleet" || fleet.max_concurrent < fleet.active_sessions ? 0 : fleet.max_concurrent;
  byId("fleet").setAttribute("aria-label", most ? headline(fleet) : `${fleet.active_sessions} sessions`);
  write(byId("fleet-label"), label);
  byId("global").dataset.state = fleet.state;
  write(byId("global-text"), GLOBAL_LABELS[fleet.state] ?? fleet.state);
  write(byId("active"), fleet.active_sessions.toLocaleString("en"));
  write(byId("most"), most ? `of ${most.toLocaleString("en")}` : "");
  const share = Math.min(1, fleet.active_sessions / Math.max(1, most));
  byId("load").hidden = !most;
  byId("load").style.setProperty("--share", `${(share * 100).toFixed(1)}%`);
  write(byId("tokens"), usage ? tokens(usage) || "0" : "–");
  showUptime({ global: fleet, at }, clock);
}

export function showUptime({ global, at }, clock) {
  const { uptime_seconds, max_concurrent } = global;
  write(byId("uptime"), max_concurrent || uptime_seconds ? duration(uptime_seconds + (clock - at) / 1000) : "–");
}

/** Sentence for people who cannot see the colours. It changes with the state and the number that need attention. */
export function sentence(global, numbers, filter) {
  const attention = needWords(numbers);
  return `${filter ? `Filter ${filter}:` : "Fleet"} ${global.state}${attention && ": "}${attention}.`;
}

/** Show how many sessions need a person, and where they are. */
function showNeed(numbers) {
  const { waiting_for_user, error } = numbers;
  const number = waiting_for_user + error;
  write(byId("need"), number.toLocaleString("en"));
  write(byId("need-words"), number === 1 ? "needs a person" : "need a person");
  byId("need-figure").dataset.state = error ? "error" : waiting_for_user ? "waiting_for_user" : "";
  for (const state of ["waiting_for_user", "error"]) {
    const jump = byId(`jump-${state}`);
    jump.hidden = !numbers[state];
    write(jump, `${numbers[state].toLocaleString("en")} ${STATE_LABELS[state]}`);
  }
}

/** A button for each state. It calls `choose(state)` when that is pressed or released. */
export class StateFilter {
  #buttons = new Map();

  constructor(group, choose) {
    for (const state of STATES) {
      const number = element("b", {}, "0");
      const button = element("button", { type: "button" }, element("span", { className: "dot" }), number, STATE_LABELS[state]);
      button.dataset.state = state;
      button.addEventListener("click", () => choose(state));
      this.#buttons.set(state, { button, number });
      group.append(button);
    }
  }

  /** `isKnown(state)` tells whether all sessions in this state are counted. If not, there is no number. */
  show(numbers, chosen, isKnown) {
    for (const [state, { button, number }] of this.#buttons) {
      number.hidden = !isKnown(state);
      if (isKnown(state)) write(number, numbers[state].toLocaleString("en"));
      button.setAttribute("aria-pressed", listed(chosen).includes(state));
      button.dataset.none = isKnown(state) && numbers[state] === 0;
    }
  }
}

/** Say how many sessions the list has, and of how many. Returns the words. */
function showMatches(matching, all, stalled) {
  const sessions = `${all.toLocaleString("en")} session${all === 1 ? "" : "s"}`;
  const words = (matching === all ? sessions : `${matching.toLocaleString("en")} of ${sessions}`) + stalled;
  write(byId("matches"), words);
  return words;
}

const DIRECTIONS = { attention: "other", duration: "descending", tokens: "descending", name: "ascending" };

/** Say at the list's headings how it is sorted. */
export function showSort(sort) {
  for (const button of document.querySelectorAll("[data-sort]")) {
    const heading = button.closest("th");
    const direction = DIRECTIONS[sort] ?? (COLUMNS[sort].isNumber ? "descending" : "ascending");
    if (button.dataset.sort === sort) heading.setAttribute("aria-sort", direction);
    else heading.removeAttribute("aria-sort");
  }
}

/** Channels to choose from: those of the sessions, those known from before, and the chosen one. */
function showChannels(select, here, known, chosen) {
  const channels = [...new Set([...known, ...here, chosen])].filter(Boolean).sort();
  const shown = Array.from(select.options, (option) => option.value).slice(1);
  if (String(shown) !== String(channels)) {
    select.replaceChildren(select.options[0], ...channels.map((channel) => element("option", { value: channel }, channel)));
  }
  if (select.value !== chosen) select.value = chosen;
}

/** Say which part of the fleet the page is about, if it is not the whole. */
function showPart({ asked, isLink, query }) {
  const [filter, part] = [filterWords(asked), partWords(query)];
  const sentences = [
    isLink && "A share link opened this page: it shows the link's part of the fleet.",
    part && `Only ${part} is shown.`,
    filter && `The fleet is large: all numbers, notifications and the tab's title are of this filter alone (${filter}).`,
  ];
  byId("part").hidden = !sentences.some(Boolean);
  write(byId("part-text"), sentences.filter(Boolean).join(" "));
  byId("leave").hidden = !isLink && !part;
  byId("example").hidden = isLink || part !== "";
}
