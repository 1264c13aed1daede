// Elements and their text. All content is text or elements, never markup.

/** New element with these properties. */
export function element(tag, properties = {}, ...content) {
  const made = document.createElement(tag);
  const { role, ...others } = properties;
  if (role) made.setAttribute("role", role);
  Object.assign(made, others);
  made.append(...content);
  return made;
}

/** Write this text, unless it is there already. */
export function write(node, text) {
  const shown = node.firstChild;
  if (!shown) node.append(text);
  else if (shown.data !== text) shown.data = text;
}
