// Notices that leave the page: notifications and a sound, each only if somebody turned it on.

import { ofBrowser } from "../kept/storage.js";
import { needsAttention } from "../notifications.js";
import { Gathered } from "./gathered.js";
import { isMuted, mutesFrom, needLabels } from "./mutes.js";
import { Sound } from "./sound.js";

const KEPT = { on: "agent-status notify", sound: "agent-status sound", mutes: "agent-status mutes" };

export class Notifier {
  #button;
  #open;
  #gathered = new Gathered();
  #sound = new Sound();
  #changed = [];

  /** `button` turns notifications on. Only then is permission requested. `open(key)` is called from a notification. */
  constructor(button, open) {
    this.#button = button;
    this.#open = open;
    addEventListener("storage", ({ key }) => Object.values(KEPT).includes(key) && this.#show());
    if (!window.Notification || !window.isSecureContext) return; // without notifications, no button
    button.hidden = false;
    button.addEventListener("click", () => this.#toggle());
    this.#show();
  }

  get isOn() {
    return !this.#button.hidden && ofBrowser.get(KEPT.on) === "on" && Notification.permission === "granted";
  }

  get hasSound() {
    return ofBrowser.get(KEPT.sound) === "on";
  }

  /** Turn the sound on or off. It is played once, so that one knows it. */
  set hasSound(isOn) {
    ofBrowser.set(KEPT.sound, isOn ? "on" : "off");
    if (isOn) this.#sound.play();
    this.#show();
  }

  get mutes() {
    return mutesFrom(ofBrowser.get(KEPT.mutes));
  }

  set mutes(mutes) {
    ofBrowser.set(KEPT.mutes, JSON.stringify(mutes));
    this.#show();
  }

  /** True if a notice depends on the labels of rows. */
  get needsLabels() {
    return (this.isOn || this.hasSound) && needLabels(this.mutes);
  }

  /** Call this whenever a choice has changed, here or in another tab. */
  onChange(listener) {
    this.#changed.push(listener);
  }

  /** Notify of these rows, which need attention since just now. */
  notify(rows, now) {
    if (!this.isOn && !this.hasSound) return;
    const { mutes } = this;
    this.#gathered.add(mutes.length ? rows.filter((row) => !isMuted(row, mutes)) : rows);
    this.#give(this.#gathered.take(now));
  }

  /** Notify of what was gathered, if that is due. `rows()` gives the rows of now. */
  tick(now, rows) {
    let inNeed = null;
    const needs = (key) => (inNeed ??= new Set(rows().filter(needsAttention).map((row) => row.session_key))).has(key);
    this.#give(this.#gathered.take(now, needs));
  }

  /** Drop what was gathered: it is of a part that this page no longer shows. */
  forget() {
    this.#gathered.clear();
  }

  #give(notice) {
    if (!notice) return;
    if (this.hasSound) this.#sound.play();
    if (!this.isOn) return;
    const { title, key, ...options } = notice;
    try {
      new Notification(title, options).onclick = () => {
        window.focus();
        if (key !== null) this.#open(key);
      };
    } catch {
      // a phone's browser has the class and lets no page use it
    }
  }

  async #toggle() {
    const isWanted = !this.isOn;
    if (isWanted && (await Notification.requestPermission()) !== "granted") {
      this.#button.textContent = "Notifications blocked";
      return;
    }
    ofBrowser.set(KEPT.on, isWanted ? "on" : "off");
    this.#show();
  }

  #show() {
    this.#button.setAttribute("aria-pressed", this.isOn);
    this.#button.textContent = this.isOn ? "Notifying" : "Notify me";
    for (const listener of this.#changed) listener();
  }
}
