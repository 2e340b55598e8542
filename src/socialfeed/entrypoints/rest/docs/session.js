/** Who is signed in. The access token is a variable of this page: it is stored nowhere, and a reload forgets it. */

import { announce, fill, h } from "/explorer/dom.js";
import { send } from "./request.js";

const JSON_TYPE = { "Content-Type": "application/json" };

/** `change` events tell that someone came or went. */
export class Session extends EventTarget {
  token = null;
  user = null;
  until = null;
  notice = "";
  #timer;

  /** Null when signed in, else a sentence for people. */
  async signIn(username, password) {
    const body = JSON.stringify({ username, password });
    const { response, json } = await send({ method: "POST", url: "/api/auth/token", headers: JSON_TYPE, body });
    if (!response.ok || !json?.token) return json?.detail ?? `The server answered ${response.status}.`;
    const lifetime = json.expiresIn * 1000;
    this.#set({ token: json.token, user: json.user, until: new Date(Date.now() + lifetime) });
    this.#timer = setTimeout(() => this.end("Your token has expired."), lifetime);
    return null;
  }

  /** Ends the session on the server, too; if that fails, it ends by itself. */
  signOut() {
    const headers = { Authorization: `Bearer ${this.token}` };
    send({ method: "POST", url: "/api/auth/logout", headers }).catch(() => {});
    this.end();
  }

  /** @param {string} [notice] why, if it was not the user's wish */
  end(notice = "") {
    this.#set({ token: null, user: null, until: null, notice });
  }

  #set({ notice = "", ...state }) {
    clearTimeout(this.#timer);
    Object.assign(this, state, { notice });
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {HTMLFormElement} form  of `username` and `password`
 * @param {HTMLElement} place  shown instead of the form once someone is signed in
 */
export function showSession(form, place, session) {
  const refusal = form.querySelector("[role=alert]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { username, password } = form.elements;
    refusal.textContent = "";
    try {
      refusal.textContent = await session.signIn(username.value, password.value);
      if (session.token) form.reset();
    } catch {
      refusal.textContent = "The server does not answer.";
    }
  });
  session.addEventListener("change", () => {
    const hadFocus = form.contains(document.activeElement) || place.contains(document.activeElement);
    const name = session.user?.username;
    form.hidden = Boolean(name);
    place.hidden = !name;
    refusal.textContent = session.notice;
    if (name) {
      const until = session.until.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      fill(place,
        h("span", { class: "avatar", "aria-hidden": "true" }, name[0].toUpperCase()),
        h("p", {}, h("b", {}, name), h("span", { class: "quiet" }, `Requests carry this account's token, valid until ${until}.`)),
        h("button", { type: "button", class: "button", onclick: () => session.signOut() }, "Sign out"));
    }
    if (hadFocus) (name ? place : form.elements.username).focus();
    announce(name ? `Signed in as ${name}` : session.notice || "Signed out");
  });
}
