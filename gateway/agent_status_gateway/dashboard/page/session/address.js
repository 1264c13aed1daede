// Pure: where a session that is open stands in the page's URL.

const NAME = "open";

/** Query that opens a session, for a link. */
export function queryOf(key) {
  return `?${new URLSearchParams({ [NAME]: key })}`;
}

/** Key of the session that a query has open; null if none. */
export function openedIn(query) {
  return new URLSearchParams(query).get(NAME) || null;
}

/** Query with another session open; with none if `key` is null. */
export function withOpened(query, key) {
  const parameters = new URLSearchParams(query);
  if (key === null) parameters.delete(NAME);
  else parameters.set(NAME, key);
  return String(parameters);
}
