/**
 * One connection to the stream. It tells messages, each with the moment that it is of.
 *
 * EventSource gives up on any answer but 200, and says not when it tries again: here each loss ends it, and a new one
 * follows after a random, growing delay. It sets no headers: for a key, each try gets a ticket first.
 */

const FIRST_DELAY_SECONDS = [1, 4]; // as random as the gateway's own `retry:`, so that a crowd comes back spread
const MOST_DOUBLINGS = 3;
const ASK_MS = 5000;

export class Stream {
  #statusUrl;
  #streamUrl;
  #attempt = null;
  #key;
  #tell;
  #source = null;
  #timer;
  #delay = 0;
  #losses = 0;
  #lostAt = null;
  #state = "connecting";

  constructor({ base, key }, tell) {
    this.#statusUrl = new URL("api/v1/agent/status", base);
    this.#streamUrl = new URL("api/v1/agent/status/stream?events=all", base);
    this.#key = key;
    this.#tell = tell;
  }

  async open() {
    clearTimeout(this.#timer);
    const attempt = (this.#attempt = {});
    if (this.#key) {
      const answer = await this.#ask("/ticket", "POST");
      if (this.#attempt !== attempt) return;
      if (!answer?.ok) {
        this.#lose();
        this.#explain(answer);
        return;
      }
      this.#streamUrl.searchParams.set("ticket", answer.said.ticket);
    }
    const source = (this.#source = new EventSource(this.#streamUrl));
    source.addEventListener("status", ({ data }) => {
      this.#tell({ kind: "status", text: data, at: now() });
      this.#losses = 0;
      this.#lostAt = null;
      if (this.#state !== "stale") this.#say("connected");
    });
    source.addEventListener("feed", ({ data }) => {
      const { state, since_seconds } = JSON.parse(data);
      if (state === "lost") this.#say("stale", { sinceMs: since_seconds * 1000 });
      else this.#say("connected");
    });
    source.addEventListener("error", () => {
      const isRefused = source.readyState === EventSource.CLOSED;
      this.#lose();
      if (isRefused) this.#askWhy();
    });
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = this.#attempt = null;
  }

  retryNow() {
    if (this.#state === "reconnecting" && !this.#source) this.open();
  }

  #lose() {
    this.close();
    this.#lostAt ??= now();
    const [least, most] = FIRST_DELAY_SECONDS;
    const seconds = (least + (most - least) * Math.random()) * 2 ** Math.min(this.#losses, MOST_DOUBLINGS);
    this.#losses += 1;
    this.#tryIn(seconds);
  }

  #tryIn(seconds, reason) {
    clearTimeout(this.#timer);
    this.#delay = seconds;
    this.#timer = setTimeout(() => this.open(), seconds * 1000);
    this.#say("reconnecting", { sinceMs: now() - this.#lostAt, nextTryMs: seconds * 1000, reason });
  }

  /** The browser does not say which answer made it give up; the other endpoint gives it, too. */
  async #askWhy() {
    const timer = this.#timer;
    const answer = await this.#ask("", "GET");
    if (this.#timer === timer && !this.#source && !this.#attempt) this.#explain(answer);
  }

  /** What the answer says of the next try. */
  #explain(answer) {
    if (answer?.status === 403) {
      this.close();
      this.#say("needs key");
    } else if (answer && !answer.ok) {
      this.#tryIn(Math.max(this.#delay, answer.retryAfter), `the gateway answered ${answer.status}`);
    }
  }

  /** What a path beside the stream answers; null if nothing does. */
  async #ask(path, method) {
    const headers = this.#key ? { "X-Status-Key": encoded(this.#key) } : {};
    try {
      const signal = AbortSignal.timeout(ASK_MS);
      const response = await fetch(this.#statusUrl + path, { method, headers, cache: "no-store", signal });
      const retryAfter = Number(response.headers.get("Retry-After")) || 0;
      return { ok: response.ok, status: response.status, retryAfter, said: response.ok && (await response.json()) };
    } catch {
      return null;
    }
  }

  #say(state, more = {}) {
    if (state === "connected" && this.#state === "connected") return;
    this.#state = state;
    this.#tell({ kind: "connection", state, ...more, at: now() });
  }
}

export function now() {
  return performance.now();
}

/** A header's value is bytes: those of UTF-8, as in the URL. */
function encoded(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
