// Pure: the snapshot that the events of a stream come to. docs/reference/events.md has the rules.
//
// Rule 1: a `status` is the whole snapshot. A `change` holds the rows that differ and the keys that are gone.
// Rule 2: a `change` continues the event whose id is its `from`. One that continues another event is not taken.
// Rule 3: a row's ages (AGES) count from the event that brought it.
// Rule 4: a session that has ended is told until it has a row, is gone once more, or is too old (docs/reference/ended.md).
//
// Times are milliseconds.

/** Fields of a row that go on by themselves, in seconds. Rows have the second one only if it was asked for. */
const AGES = ["duration_seconds", "quiet_seconds"];

const MAX_ENDED_SECONDS = 3600;

export class Fold {
  /** The newest event's id, and its time. Before the first event there is no id. */
  id = null;
  at = 0;
  #global = null;
  #rows = new Map(); // by key: { row, at }
  #isInOrder = true; // the gateway's order
  #ended = null; // by key: { end, at }; null if nobody asked for it
  #endedMs;

  /** `endedSeconds`: how long ago sessions may have ended that the view asks for, if it does. */
  constructor(endedSeconds = MAX_ENDED_SECONDS) {
    this.#endedMs = endedSeconds * 1000;
  }

  /** Take an event. False if it does not continue the one before, so that only a whole snapshot helps. */
  take(kind, data, id, at) {
    if (kind === "status") {
      this.#rows = new Map();
      this.#isInOrder = true;
      this.#ended = data.ended ? new Map() : null;
    } else if (this.id === null || data.from !== this.id) {
      return false;
    }
    for (const key of data.gone ?? []) this.#rows.delete(key);
    const known = this.#rows.size;
    for (const row of data.sessions) {
      if (known && !this.#rows.has(row.session_key)) this.#isInOrder = false;
      this.#rows.set(row.session_key, { row, at });
    }
    if (this.#ended) this.#takeEnds(data, at);
    this.#global = data.global;
    this.id = id;
    this.at = at;
    return true;
  }

  /** The whole snapshot as of the newest event. */
  get snapshot() {
    // Lists that are in order already, one behind the other: sorting them takes about as many steps as there are rows.
    if (!this.#isInOrder) this.#rows = new Map([...this.#rows].sort(([one], [other]) => byCodePoint(one, other)));
    this.#isInOrder = true;
    const snapshot = { global: this.#global, sessions: Array.from(this.#rows.values(), (known) => this.#aged(known)) };
    return this.#ended ? { ...snapshot, ended: this.#endsNow() } : snapshot;
  }

  #takeEnds({ gone = [], sessions, ended = [] }, at) {
    for (const key of gone) this.#ended.delete(key);
    for (const row of sessions) this.#ended.delete(row.session_key);
    for (const end of ended) this.#ended.set(end.session_key, { end, at });
    for (const [key, known] of this.#ended) if (ageOf(known, at) > this.#endedMs) this.#ended.delete(key);
  }

  /** The newest first. */
  #endsNow() {
    const aged = (known) => ({ ...known.end, ended_seconds_ago: ageOf(known, this.at) / 1000 });
    return Array.from(this.#ended.values(), aged).sort(
      (one, other) =>
        one.ended_seconds_ago - other.ended_seconds_ago || byCodePoint(one.session_key, other.session_key),
    );
  }

  #aged({ row, at }) {
    if (at >= this.at) return row;
    const aged = { ...row };
    for (const name of AGES) if (name in row) aged[name] = Math.round(row[name] * 1000 + this.at - at) / 1000;
    return aged;
  }
}

/** Milliseconds since a session ended. */
function ageOf({ end, at }, now) {
  return Math.round(end.ended_seconds_ago * 1000 + now - at);
}

/** The gateway sorts keys by code points. `<` compares UTF-16, in which U+10000 and above come before U+E000. */
export function byCodePoint(one, other) {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index += 1) {
    const [unit, otherUnit] = [one.charCodeAt(index), other.charCodeAt(index)];
    if (unit !== otherUnit) return isSurrogate(unit) - isSurrogate(otherUnit) || unit - otherUnit;
  }
  return one.length - other.length;
}

function isSurrogate(unit) {
  return unit >= 0xd800 && unit <= 0xdfff;
}
