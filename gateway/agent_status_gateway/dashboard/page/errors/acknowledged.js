// Errors that somebody has acknowledged, kept in this browser for all of its tabs.
//
// Rule 1: of a session the moment is kept at which the newest acknowledged error began. Those before it are acknowledged, too.
// Rule 2: a session is kept as a digest of its key. Nothing is ever shown from here, so nobody sees by it what their own key
//         does not show. It only takes errors off a list.
// Rule 3: the newest MAX_ACKNOWLEDGED are kept. What makes no sense is dropped, and so is what began in the future.
//
// Times are milliseconds of the wall clock.

import { digest } from "../kept/digest.js";
import { ofBrowser } from "../kept/storage.js";

export const MAX_ACKNOWLEDGED = 1000;
const SLACK_MS = 2000; // events travel, so that each tab sees an error begin at a slightly different moment

export function isSameMoment(one, other) {
  return Math.abs(one - other) <= SLACK_MS;
}

export class Acknowledged {
  #name;
  #storage;
  #began = new Map(); // by digest, the one that was acknowledged first is first

  /** `path` keeps gateways under one origin apart. `wall` is the time. */
  constructor(path, wall, storage = ofBrowser) {
    this.#name = `agent-status acknowledged ${path}`;
    this.#storage = storage;
    this.read(wall);
  }

  /** Name under which the browser keeps them. */
  get name() {
    return this.#name;
  }

  /** True if this session's error that began at this time is acknowledged. */
  has(key, began) {
    const known = this.#began.size ? this.#began.get(digest(key)) : undefined;
    return known !== undefined && began <= known + SLACK_MS;
  }

  /** Read again what the browser keeps: another tab has written. */
  read(wall) {
    this.#began = new Map(listIn(this.#storage.get(this.#name)).filter(([, began]) => began <= wall + SLACK_MS));
  }

  /** Acknowledge these errors. */
  add(errors, wall) {
    this.read(wall); // another tab may have written at this moment
    for (const { key, began } of errors) {
      const id = digest(key);
      const newest = Math.max(began, this.#began.get(id) ?? began);
      this.#began.delete(id);
      this.#began.set(id, newest);
    }
    this.#storage.set(this.#name, JSON.stringify([...this.#began].slice(-MAX_ACKNOWLEDGED)));
    this.read(wall);
  }
}

function listIn(text) {
  try {
    const stored = JSON.parse(text || "[]");
    return Array.isArray(stored) ? stored.slice(-MAX_ACKNOWLEDGED).filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(entry) {
  return Array.isArray(entry) && entry.length === 2 && typeof entry[0] === "string" && Number.isFinite(entry[1]);
}
