// The list of sessions that ended in the last 15 minutes, below the open ones.

import { MAX_ENDED } from "../history.js";
import { write } from "../dom.js";
import { duration } from "../presentation.js";
import { endWords } from "./outcome.js";
import { SessionRow } from "./row.js";
import { Table } from "./table.js";

const byId = (id) => document.getElementById(id);

export class EndedList {
  #table;

  /** `draw(canvas, key)` draws a session's bar. `opened()` is called when a person opens or closes the list. */
  constructor(draw, opened) {
    const words = { words: endWords, lasts: (seconds) => `${duration(seconds)} ago` }; // there are no headings
    this.#table = new Table(byId("ended-rows"), (item) => new SessionRow(item, draw, words), { header: 0 });
    byId("ended").addEventListener("toggle", opened);
  }

  /** Show those of a history. */
  show(past, now) {
    const ended = past.numberOfEnded(now);
    byId("ended").hidden = byId("jump-ended").hidden = ended === 0;
    const isMore = ended >= MAX_ENDED;
    const number = `${ended.toLocaleString("en")}${isMore ? " and more" : ""}`;
    write(byId("ended-number"), number);
    write(byId("jump-ended"), `${number} ended`);
    if (!byId("ended").open) return;
    this.#table.show(past.ended(now).map((track) => track.asItem), now);
    this.#table.tick(now);
  }

  /** Draw again after the rows may have become taller or shorter. */
  measure() {
    this.#table.measure();
  }

  forget() {
    this.#table.show([], 0);
  }
}
