/** Who is signed in. The token stays in this tab's session storage and goes nowhere but into the request header. */

import { tabStore } from "./storage.js";
import { ask } from "./transport.js";

export const DEMO = { username: "demo", password: "demo-password" };

const KEY = "session";
const EXPIRED = "Your session has expired.";
const LONGEST_TIMER = 2 ** 31 - 1;
const SIGN_IN = `mutation SignIn($username: String!, $password: String!) {
  tokenAuth(username: $username, password: $password) {
    token
    expiresIn
    user { username }
    success
    message
  }
}`;

/** `change` events tell that someone came or went. */
export class Session extends EventTarget {
  #timer;

  constructor() {
    super();
    this.#set(tabStore.read(KEY));
  }

  get isSignedIn() {
    return Boolean(this.token);
  }

  /** Null when signed in, else a sentence for people. */
  async signIn(username, password) {
    const answer = await ask({ document: SIGN_IN, variables: { username, password } });
    const payload = answer.body?.data?.tokenAuth;
    if (!payload?.token) {
      return payload?.message || answer.body?.errors?.[0]?.message || `The server answered ${answer.status}.`;
    }
    const lifetime = (payload.expiresIn ?? 900) * 1000;
    this.#set({ token: payload.token, username: payload.user?.username ?? username, expiresAt: Date.now() + lifetime });
    this.#announce();
    return null;
  }

  /** @param {string} [notice] why, if it was not the user's wish */
  signOut(notice = "") {
    this.#set(null);
    this.notice = notice;
    this.#announce();
  }

  #set(saved) {
    clearTimeout(this.#timer);
    const isAlive = typeof saved?.token === "string" && saved.expiresAt > Date.now();
    this.token = isAlive ? saved.token : null;
    this.username = isAlive ? saved.username : null;
    this.expiresAt = isAlive ? new Date(saved.expiresAt) : null;
    this.notice = saved && !isAlive ? EXPIRED : "";
    tabStore.write(KEY, isAlive ? saved : null);
    if (isAlive) this.#timer = setTimeout(() => this.signOut(EXPIRED), Math.min(saved.expiresAt - Date.now(), LONGEST_TIMER));
  }

  #announce() {
    this.dispatchEvent(new Event("change"));
  }
}
