// Pure: which command a key gives.
//
// Rule 1: a key gives none together with a modifier, or while somebody types. Shift is none, since `?` may need it.
// Rule 2: single characters can be turned off, for those who speak to their browser or hit keys by chance. Esc cannot.
// Rule 3: in the search, Esc and Enter lead out of it.

/** Keys as the help shows them: the keys, the command of each, and its words. */
export const SHORTCUTS = Object.freeze([
  { keys: ["/"], command: "search", words: "Go to the search" },
  { keys: ["j"], command: "next", words: "Go to the next row" },
  { keys: ["k"], command: "previous", words: "Go to the row before" },
  { keys: ["Enter"], words: "Open the session, fold the group, or go from the search to its first match" },
  { keys: ["Escape"], words: "Close what is open, clear the search and leave it, or leave the wall or the workers" },
  { keys: ["p"], command: "pause", words: "Hold the picture still, or go on" },
  { keys: ["w"], command: "workers", words: "Go to the workers, or back to the sessions" },
  { keys: ["?"], command: "help", words: "Show these keys" },
]);
const SINGLE = new Map(SHORTCUTS.filter(({ command }) => command).flatMap(({ keys, command }) => keys.map((key) => [key, command])));

/**
 * Command of a pressed key; null if it has none. `isTyping` is true in a field, `isSearch` in that of the search, and `isOn`
 * while single characters are shortcuts.
 */
export function commandOf({ key, ctrlKey, altKey, metaKey, isComposing }, { isTyping, isSearch, isOn }) {
  if (ctrlKey || altKey || metaKey || isComposing) return null;
  if (isSearch && key === "Escape") return "leave search";
  if (isSearch && key === "Enter") return "first";
  if (isTyping) return null;
  if (key === "Escape") return "close";
  return (isOn && SINGLE.get(key)) || null;
}
