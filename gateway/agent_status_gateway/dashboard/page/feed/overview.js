// What the page shows of a fleet that is too large to be listed: its channels with their counts, and what the list has of it.

import { element, write } from "../dom.js";
import { STATE_LABELS, countWords } from "../presentation.js";
import { filterWords, listed } from "../view.js";
import { NOBODY } from "./narrow.js";
import { sum } from "./count.js";

const MOST_CHANNELS = 12;
const byId = (id) => document.getElementById(id);

export class Overview {
  #choose;
  #lines = new Map(); // by channel: { line, number, words }

  /** `choose(channel)` is called with the channel that a person chose. */
  constructor(choose) {
    this.#choose = choose;
    byId("overview-by-channel").open = matchMedia("(min-width: 40.01rem)").matches; // the list comes first on a phone
  }

  /** Show what the list, which is of `of`, does not have. `count` counts the fleet, and `numbers` the part that was chosen. */
  show({ of, count, numbers }) {
    const isNarrowed = Boolean(of.within && count);
    byId("overview").hidden = !isNarrowed;
    if (!isNarrowed) return;
    write(byId("overview-words"), sentence(of, sum(numbers)));
    const channels = of.within.channel ? [] : largest(count.channels);
    byId("overview-by-channel").hidden = channels.length === 0;
    const shown = new Set(channels.map(([channel]) => channel));
    for (const [channel, { line }] of this.#lines) {
      if (shown.has(channel)) continue;
      line.remove();
      this.#lines.delete(channel);
    }
    channels.forEach(([channel, { sessions, states }], index) => {
      const { line, number, words } = this.#line(channel);
      write(number, sessions.toLocaleString("en"));
      write(words, countWords(states));
      const here = byId("overview-channels").children[index] ?? null;
      if (here !== line) byId("overview-channels").insertBefore(line, here);
    });
    const more = channels.length ? count.channels.size - channels.length : 0;
    byId("overview-more").hidden = more === 0;
    write(byId("overview-more"), `${more.toLocaleString("en")} more can be chosen above.`);
  }

  #line(channel) {
    let known = this.#lines.get(channel);
    if (known) return known;
    const number = element("b");
    const words = element("span", { className: "group-counts" });
    const button = element("button", { type: "button" }, element("span", { dir: "auto" }, channel), " ", number);
    button.addEventListener("click", () => this.#choose(channel));
    this.#lines.set(channel, (known = { line: element("li", {}, button, words), number, words }));
    return known;
  }
}

/** The largest channels, by name, so that they keep their places. */
function largest(channels) {
  const bySize = [...channels].sort(([, one], [, other]) => other.sessions - one.sessions);
  return bySize.slice(0, MOST_CHANNELS).sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Sentence that says how much was chosen, and what of it is listed. */
function sentence(of, size) {
  const filter = filterWords(of);
  const chosen = `${size.toLocaleString("en")} sessions${filter ? ` (${filter})` : ""} are too many to list.`;
  const other = of.within.channel ? "Choose a state or another channel" : "Choose a channel";
  if (of.state === NOBODY) return `${chosen} ${other}.`;
  const states = listed(of.state).map((state) => STATE_LABELS[state]).join(" or ");
  return `${chosen} The list has those ${states}. ${other} for others. Search and groups are of this list.`;
}
