// How dense the list is. The browser keeps it, for all tabs.

import { ofBrowser } from "../kept/storage.js";

const KEPT = "agent-status density";
const USUAL = "comfortable";

export class Density {
  /** `changed()` is called once rows have become taller or shorter. */
  constructor(changed) {
    const kept = ofBrowser.get(KEPT) || USUAL;
    for (const radio of document.getElementsByName("density")) {
      radio.checked = radio.value === kept;
      radio.addEventListener("change", () => {
        ofBrowser.set(KEPT, radio.value);
        document.body.dataset.density = radio.value;
        changed();
      });
    }
    document.body.dataset.density = kept;
  }
}
