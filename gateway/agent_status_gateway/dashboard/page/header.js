// The header: the fleet's figures, and the number of sessions in each state, which is also the filter.

import { needsAttention } from "./notifications.js";
import { STATE_LABELS, STATES, counts, duration, headline, numbers, tokens } from "./presentation.js";
import { element, write } from "./rows.js";
import { filterWords, listed, partWords } from "./view.js";

const byId = (id) => document.getElementById(id);
const GLOBAL_LABELS = { idle: "Idle", active: "Active", degraded: "Degraded" };

/** Show the figures as of `clock`. Those of a filter stand beside no capacity, since that is the whole fleet's. */
export function showFleet({ status, at }, clock, isFiltered) {
  const fleet = status.global;
  const most = isFiltered ? 0 : fleet.max_concurrent;
  byId("fleet").setAttribute("aria-label", most ? headline(fleet) : `${fleet.active_sessions} sessions`);
  write(byId("fleet-label"), isFiltered ? "Filter" : "Fleet");
  byId("global").dataset.state = fleet.state;
  write(byId("global-text"), GLOBAL_LABELS[fleet.state] ?? fleet.state);
  write(byId("active"), fleet.active_sessions.toLocaleString("en"));
  write(byId("most"), most ? `of ${most.toLocaleString("en")}` : "");
  const share = Math.min(1, fleet.active_sessions / Math.max(1, most));
  byId("load").hidden = !most;
  byId("load").style.setProperty("--share", `${(share * 100).toFixed(1)}%`);
  byId("load").dataset.full = share >= 1;
  write(byId("tokens"), tokens(totalUsage(status.sessions)) || "0");
  showUptime({ status, at }, clock);
}

export function showUptime({ status, at }, clock) {
  const { uptime_seconds, max_concurrent } = status.global;
  write(byId("uptime"), max_concurrent || uptime_seconds ? duration(uptime_seconds + (clock - at) / 1000) : "–");
}

/** Sentence for people who cannot see the colours. It changes with the state and the number that need attention. */
export function sentence({ global, sessions }, filter) {
  const attention = counts(sessions.filter(needsAttention));
  return `${filter ? `Filter ${filter}:` : "Fleet"} ${global.state}${attention && ": "}${attention}.`;
}

/** A button for each state. It calls `choose(state)`, with "" for all. */
export class StateFilter {
  #buttons = new Map();

  constructor(group, choose) {
    for (const state of STATES) {
      const number = element("b", {}, "0");
      const button = element("button", { type: "button" }, element("span", { className: "dot" }), number, STATE_LABELS[state]);
      button.dataset.state = state;
      button.addEventListener("click", () => choose(button.getAttribute("aria-pressed") === "true" ? "" : state));
      this.#buttons.set(state, { button, number });
      group.append(button);
    }
  }

  /** `isKnown(state)` tells whether the rows have all sessions in this state. If not, there is no number. */
  show(rows, chosen, isKnown) {
    const found = numbers(rows);
    for (const [state, { button, number }] of this.#buttons) {
      number.hidden = !isKnown(state);
      write(number, found[state].toLocaleString("en"));
      button.setAttribute("aria-pressed", listed(chosen).includes(state));
      button.dataset.none = isKnown(state) && found[state] === 0;
    }
  }
}

/** Channels to choose from: those of the rows, those known from before, and the chosen one. */
export function showChannels(select, rows, known, chosen) {
  const channels = [...new Set([...known, ...rows.map((row) => row.channel), chosen])].filter(Boolean).sort();
  const shown = Array.from(select.options, (option) => option.value).slice(1);
  if (String(shown) !== String(channels)) {
    select.replaceChildren(select.options[0], ...channels.map((channel) => element("option", { value: channel }, channel)));
  }
  if (select.value !== chosen) select.value = chosen;
}

/** Say which part of the fleet the page is about, if it is not the whole. */
export function showPart({ asked, isLink, query }) {
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

function totalUsage(rows) {
  const usage = { input: 0, output: 0 };
  for (const { token_usage } of rows) {
    usage.input += token_usage?.input ?? 0;
    usage.output += token_usage?.output ?? 0;
  }
  return usage;
}
