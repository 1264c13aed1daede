// The header: the fleet's figures, and the number of sessions in each state, which is also the filter.

import { needsAttention } from "./notifications.js";
import { STATE_LABELS, STATES, counts, duration, headline, numbers, tokens } from "./presentation.js";
import { element, write } from "./rows.js";

const byId = (id) => document.getElementById(id);
const GLOBAL_LABELS = { idle: "Idle", active: "Active", degraded: "Degraded" };

/** Show the figures as of `clock`. */
export function showFleet({ status, at }, clock) {
  const fleet = status.global;
  byId("fleet").setAttribute("aria-label", headline(fleet));
  byId("global").dataset.state = fleet.state;
  write(byId("global-text"), GLOBAL_LABELS[fleet.state] ?? fleet.state);
  write(byId("active"), fleet.active_sessions.toLocaleString("en"));
  write(byId("most"), `of ${fleet.max_concurrent.toLocaleString("en")}`);
  const share = Math.min(1, fleet.active_sessions / Math.max(1, fleet.max_concurrent));
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
export function sentence({ global, sessions }) {
  const attention = counts(sessions.filter(needsAttention));
  return `Fleet ${global.state}${attention && ": "}${attention}.`;
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

  show(rows, chosen) {
    const found = numbers(rows);
    for (const [state, { button, number }] of this.#buttons) {
      write(number, found[state].toLocaleString("en"));
      button.setAttribute("aria-pressed", state === chosen);
      button.dataset.none = found[state] === 0;
    }
  }
}

/** Channels to choose from: those of the rows, and the chosen one. */
export function showChannels(select, rows, chosen) {
  const channels = [...new Set(rows.map((row) => row.channel)).add(chosen)].filter(Boolean).sort();
  const shown = Array.from(select.options, (option) => option.value).slice(1);
  if (String(shown) !== String(channels)) {
    select.replaceChildren(select.options[0], ...channels.map((channel) => element("option", { value: channel }, channel)));
  }
  if (select.value !== chosen) select.value = chosen;
}

function totalUsage(rows) {
  const usage = { input: 0, output: 0 };
  for (const { token_usage } of rows) {
    usage.input += token_usage?.input ?? 0;
    usage.output += token_usage?.output ?? 0;
  }
  return usage;
}
