// Pure: when a screen reader is told of a change. A busy fleet changes many times a second, and nobody could listen.
//
// Rule 1: at most one sentence in GAP_MS. The newest one waits, and those before it are dropped.
// Rule 2: an answer to what a person has just done does not wait. The gap begins again after it.
//
// Times are milliseconds.

export const GAP_MS = 5000;

export class Announcer {
  #said = "";
  #saidAt = -Infinity;
  #next = "";
  #newest = ""; // the last sentence that was no answer

  /** Sentence to say at this moment, of what there is to say. It is the last one again if nothing is due. */
  say(sentence, now) {
    this.#next = sentence;
    if (sentence !== this.#newest && now - this.#saidAt >= GAP_MS) {
      this.#newest = sentence;
      this.#take(sentence, now);
    }
    return this.#said;
  }

  /** Sentence that answers a person. */
  answer(sentence, now) {
    this.#take(sentence, now);
    return sentence;
  }

  /** Sentence to say as time goes by. */
  tick(now) {
    return this.say(this.#next, now);
  }

  #take(sentence, now) {
    this.#said = sentence;
    if (sentence) this.#saidAt = now;
  }
}
