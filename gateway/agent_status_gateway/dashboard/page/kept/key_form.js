// The form that asks for a key, and says why.

import { write } from "../dom.js";
import { forgetSecrets, keep } from "./secrets.js";

const EXPIRED = "This link has expired or was revoked. Ask for a new one, or enter a key.";
const byId = (id) => document.getElementById(id);

export class KeyForm {
  /** `given()` is called once somebody has entered a key. */
  constructor(given) {
    byId("key").addEventListener("submit", (event) => {
      event.preventDefault();
      keep({ key: byId("key-input").value, ticket: "" });
      given();
    });
  }

  /** Ask for another key than what was tried, which is forgotten. */
  ask({ key, ticket }) {
    forgetSecrets();
    write(byId("key-problem"), ticket ? EXPIRED : key ? "Wrong key" : "");
    byId("key-input").value = "";
    requestAnimationFrame(() => requestAnimationFrame(() => byId("key-input").focus()));
  }
}
