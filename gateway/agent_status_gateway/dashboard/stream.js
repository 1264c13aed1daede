/**
 * Connection to the stream. It passes events and messages about itself on, each with its time.
 *
 * EventSource gives up on any answer but 200, and does not say when it tries again. So each loss ends it here, and a new
 * one follows after a random, growing delay. It cannot send headers, so with a key each try gets a ticket first.
 * A ticket from a share link is used as it is.
 */

const FIRST_DELAY_SECONDS = [1, 4]; // as random as the gateway's own `retry:`, so that a crowd spreads its return
const MOST_DOUBLINGS = 3;
const REQUEST_MS = 5000;
const SILENT_MS = 35_000; // a gateway repeats the feed's state every 10 s: three are missing then
const PROBE_MS = 10_000;
const SLEPT_MS = 2000;
const LEAVING_MS = 100; // a page that is left loses its stream before it knows that it is left: nobody need hear of that
const EVENTS = "changes,feed";
const SUMMARY_EVENTS = "feed";
const OLD_EVENTS = "all"; // of gateways that know no changes

export class Stream {
  #ticketUrl;
  #streamUrl;
  #events;
  #attempt = null;
  #key;
  #ticket;
  #emit;
  #source = null;
  #timer;
  #delay = 0;
  #losses = 0;
  #lostAt = null;
  #state = "connecting";
  #skew = 0; // of the wall clock, when this connection began
  #feed = { state: null, isRepeated: false, at: 0, timer: undefined }; // of this connection

  /** `view` is a query. With a ticket, the key is not used. With `onSummary`, the stream is that of the summary. */
  constructor({ base, key, ticket, view, onSummary }, emit) {
    this.#ticketUrl = new URL("api/v1/agent/status/ticket", base);
    this.#streamUrl = new URL(`api/v1/agent/status${onSummary ? "/summary" : ""}/stream?${view}`, base);
    this.#events = onSummary ? SUMMARY_EVENTS : EVENTS;
    if (ticket) this.#streamUrl.searchParams.set("ticket", ticket);
    this.#ticket = ticket;
    this.#key = ticket ? "" : key;
    this.#emit = emit;
  }

  async open(events = this.#events) {
    clearTimeout(this.#timer);
    const attempt = (this.#attempt = {});
    if (this.#key) {
      const answer = await this.#request(this.#ticketUrl, "POST");
      if (this.#attempt !== attempt) return;
      if (!answer?.ok) {
        this.#lose();
        this.#explain(answer);
        return;
      }
      this.#streamUrl.searchParams.set("ticket", answer.body.ticket);
    }
    this.#streamUrl.searchParams.set("events", events);
    this.#skew = Date.now() - now();
    const source = (this.#source = new EventSource(this.#streamUrl));
    const pass = ({ type, data, lastEventId }) => {
      this.#emit({ kind: type, text: data, id: lastEventId, at: now() });
      return this.#source === source;
    };
    const begins = (event) => {
      if (!pass(event)) return;
      this.#losses = 0;
      this.#lostAt = null;
      if (this.#state !== "stale") this.#report("connected");
    };
    source.addEventListener("status", begins);
    source.addEventListener("summary", begins);
    source.addEventListener("change", pass);
    source.addEventListener("feed", ({ data }) => {
      const { state, since_seconds } = JSON.parse(data);
      if (this.#hasSlept) {
        this.close();
        this.open(events);
        return;
      }
      this.#expectFeed(state);
      if (state === "lost") this.#report("stale", { sinceMs: since_seconds * 1000 });
      else this.#report("connected");
    });
    source.addEventListener("error", () => {
      const isRefused = source.readyState === EventSource.CLOSED;
      const lostAt = now();
      setTimeout(() => {
        if (this.#source !== source) return;
        this.#lostAt ??= lostAt;
        this.#lose();
        if (isRefused) this.#findReason(events);
      }, LEAVING_MS);
    });
  }

  close() {
    clearTimeout(this.#timer);
    this.#timer = undefined; // whoever still asks for a reason must not go on
    clearTimeout(this.#feed.timer);
    this.#feed = { state: null, isRepeated: false, at: 0, timer: undefined };
    this.#source?.close();
    this.#source = this.#attempt = null;
  }

  /** An event did not continue the one before: only a whole snapshot helps, which a new connection begins with. */
  begin() {
    this.#lose("an event was missing");
  }

  retryNow() {
    if (this.#state === "reconnecting" && !this.#source) this.open();
  }

  /** `now()` stands still while a computer sleeps, so durations would stay behind. The wall clock shows it. */
  get #hasSlept() {
    return Math.abs(Date.now() - now() - this.#skew) > SLEPT_MS;
  }

  /** A frozen gateway closes nothing. One that repeats the feed's state shows by that it is alive; older ones do not. */
  #expectFeed(state) {
    const feed = this.#feed;
    feed.isRepeated ||= feed.state === state;
    feed.state = state;
    feed.at = now();
    clearTimeout(feed.timer);
    if (feed.isRepeated) feed.timer = setTimeout(() => this.#findSilent(), SILENT_MS);
  }

  /** Nothing came for long: the snapshot is stale. If a gateway answers beside, a new stream takes this one's place. */
  async #findSilent() {
    const source = this.#source;
    const feed = this.#feed;
    const since = feed.at;
    this.#report("stale", { sinceMs: now() - since, reason: "nothing has come from the gateway" });
    const answer = await this.#request(this.#streamUrl, "HEAD");
    if (this.#source !== source || feed.at !== since) return;
    if (answer?.ok) {
      this.#lostAt = since;
      this.#lose();
    } else {
      feed.timer = setTimeout(() => this.#findSilent(), PROBE_MS);
    }
  }

  #lose(reason) {
    this.close();
    this.#lostAt ??= now();
    const [least, most] = FIRST_DELAY_SECONDS;
    const seconds = (least + (most - least) * Math.random()) * 2 ** Math.min(this.#losses, MOST_DOUBLINGS);
    this.#losses += 1;
    this.#tryIn(seconds, reason);
  }

  #tryIn(seconds, reason) {
    clearTimeout(this.#timer);
    this.#delay = seconds;
    this.#timer = setTimeout(() => this.open(), seconds * 1000);
    this.#report("reconnecting", { sinceMs: now() - this.#lostAt, nextTryMs: seconds * 1000, reason });
  }

  /** The browser does not say which answer made it give up, but HEAD gets the same one. */
  async #findReason(events) {
    const timer = this.#timer;
    const answer = await this.#request(this.#streamUrl, "HEAD");
    if (this.#timer !== timer || this.#source || this.#attempt) return;
    if (answer?.status === 422 && events !== OLD_EVENTS) this.open(OLD_EVENTS);
    else this.#explain(answer);
  }

  /** Report the reason that an answer gives, and when to try again. */
  #explain(answer) {
    if (answer?.status === 403) {
      this.close();
      this.#report("needs key", { reason: this.#ticket ? "the ticket has expired or was revoked" : undefined });
    } else if (answer && !answer.ok) {
      this.#tryIn(Math.max(this.#delay, answer.retryAfter), `the gateway answered ${answer.status}`);
    }
  }

  /** The gateway's answer; null if there is none. */
  async #request(url, method) {
    const headers = this.#key ? { "X-Status-Key": encoded(this.#key) } : {};
    try {
      const signal = AbortSignal.timeout(REQUEST_MS);
      const response = await fetch(url, { method, headers, cache: "no-store", signal });
      const retryAfter = Number(response.headers.get("Retry-After")) || 0;
      const body = method === "POST" && response.ok && (await response.json());
      return { ok: response.ok, status: response.status, retryAfter, body };
    } catch {
      return null;
    }
  }

  #report(state, more = {}) {
    if (state === "connected" && this.#state === "connected") return;
    this.#state = state;
    this.#emit({ kind: "connection", state, ...more, at: now() });
  }
}

export function now() {
  return performance.now();
}

/** A header's value is bytes: those of UTF-8, as in the URL. */
export function encoded(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
