// The sections below the list: past errors and ended sessions. Buttons above the list go to them, and a tab keeps which of
// them are open, over a reload.

import { ofTab } from "../kept/storage.js";

const SECTIONS = ["errors", "ended"];
const SETTLE_MS = 1000;
const byId = (id) => document.getElementById(id);
const NAME = `agent-status open ${location.pathname}`;

/** Open what this tab had open, and keep what is opened and closed. */
export function keepOpened() {
  const kept = ofTab.get(NAME).split(",");
  for (const id of SECTIONS) {
    byId(id).open = kept.includes(id);
    byId(id).addEventListener("toggle", () => ofTab.set(NAME, SECTIONS.filter((one) => byId(one).open).join(",")));
    byId(`jump-${id}`).addEventListener("click", () => reveal(byId(id)));
  }
}

/** Go to a section. What it shows may come a moment later, and must not be below the screen then. */
function reveal(section) {
  const see = () => section.scrollIntoView({ block: "start" });
  const sizes = new ResizeObserver(see);
  section.open = true;
  section.querySelector("summary").focus({ preventScroll: true });
  sizes.observe(section);
  setTimeout(() => sizes.disconnect(), SETTLE_MS);
}
