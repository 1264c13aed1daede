// Pure: when a screen reader is told of a change. A busy fleet changes many times a second, and nobody could listen.
//
// Rule 1: at most one sentence in GAP_MS. The newest one waits, and those before it are dropped.
// Rule 2: an answer to what a person has just done does not wait. The gap begins again after it.
// Rule 3: what a choice finds is said once a person has chosen nothing else for SETTLE_MS, and before all that is no answer.
//
// Times are milliseconds.

export const GAP_MS = 5000;
export const SETTLE_MS = 1000;

export class Announcer {
  #said = "";
  #saidAt = -Infinity;
  #next = "";
  #newest = ""; // the last sentence that was no answer
  #chosenAt = null; // while what was chosen then is to be said
  #found = "";

  /** Sentence to say at this moment, of what there is to say. It is the last one again if nothing is due. */
  say(sentence, now) {
    this.#next = sentence;
    const isSettled = this.#chosenAt === null || now - this.#chosenAt >= SETTLE_MS;
    if (now - this.#saidAt < GAP_MS || !isSettled) return this.#said;
    if (this.#chosenAt !== null && this.#found) {
      this.#chosenAt = null;
      this.#take(this.#found, now);
    } else if (sentence !== this.#newest) {
      this.#newest = sentence;
      this.#take(sentence, now);
    }
    return this.#said;
  }

  /** Note that a person has chosen what the list is to have. */
  choose(now) {
    this.#chosenAt = now;
    this.#found = "";
  }

  /** Note what the choice has found; "" while that is not known. */
  find(sentence) {
    this.#found = sentence;
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
