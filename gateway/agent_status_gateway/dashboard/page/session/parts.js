// Elements for the facts of a session.

import { element } from "../dom.js";
import { queryOf } from "./address.js";

/** By a fact's kind: the nodes that show its value. */
export const PARTS = {
  text: (value) => [element("span", { dir: "auto" }, value)],
  long: (value) => [element("span", { dir: "auto", className: "long" }, value)],
  link({ href, host }) {
    const link = element("a", { href, target: "_blank", rel: "noopener noreferrer", referrerPolicy: "no-referrer" }, host);
    return [link, element("span", { className: "hint", dir: "ltr" }, href)];
  },
  labels: (pairs) => pairs.map(([name, value]) => element("span", { className: "chip", dir: "auto" }, `${name}: ${value}`)),
  sessions: (sessions) => sessions.map(({ key, called }) => (key === null ? element("span", {}, called) : sessionLink(key, called))),
  meter({ value, most, words }) {
    const meter = element("meter", { min: 0, max: Math.max(most, value, 1), value, ariaHidden: "true" });
    return [element("span", {}, words), meter];
  },
};

function sessionLink(key, called) {
  const link = element("a", { href: queryOf(key), dir: "auto" }, called);
  link.dataset.open = key;
  return link;
}
