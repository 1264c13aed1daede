// Pure: a row of which little more than the key is known.

/** Row of this key, with what else is known. All other fields are as if the gateway had said nothing. */
export function stub(key, known = {}) {
  const colon = key.indexOf(":");
  const nothing = { title: null, tool_name: null, token_usage: null, error_message: null, duration_seconds: 0 };
  return {
    session_key: key,
    session_id: key.slice(colon + 1) || key,
    channel: colon < 0 ? key : key.slice(0, colon) || "unknown",
    ...nothing,
    ...known,
  };
}
