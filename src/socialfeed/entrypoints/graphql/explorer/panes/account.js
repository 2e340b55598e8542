/** Who is signed in, in the page's head; the dialog for another account. */

import { announce, fill, h, icon } from "../dom.js";
import { DEMO } from "../server/session.js";

/**
 * @param {HTMLElement} place
 * @param {HTMLDialogElement} dialog  with a form of `username` and `password`
 * @param {import("../server/session.js").Session} session
 */
export function showAccount(place, dialog, session) {
  const form = dialog.querySelector("form");
  const message = dialog.querySelector("[role=alert]");

  async function signIn(username, password) {
    let refusal;
    try {
      refusal = await session.signIn(username, password);
    } catch (error) {
      refusal = error.message;
    }
    return refusal;
  }

  function openDialog(refusal = "") {
    message.textContent = refusal;
    form.elements.username.value ||= DEMO.username;
    form.elements.password.value ||= DEMO.password;
    dialog.showModal();
  }

  async function signInAsDemo(event) {
    const button = event.currentTarget;
    button.disabled = true;
    const refusal = await signIn(DEMO.username, DEMO.password);
    button.disabled = false;
    if (refusal) openDialog(refusal);
  }

  function show() {
    if (session.isSignedIn) {
      const until = session.expiresAt.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      fill(place,
        h("span", { class: "avatar", "aria-hidden": "true" }, session.username[0].toUpperCase()),
        h("span", { class: "who" }, h("b", {}, session.username),
          h("span", { class: "quiet" }, h("span", { class: "words" }, "token valid "), "until ", h("time", { datetime: session.expiresAt.toISOString() }, until))),
        h("button", { type: "button", class: "button", onclick: () => session.signOut() }, "Sign out"));
      return;
    }
    fill(place,
      session.notice && h("span", { class: "notice", role: "status" }, session.notice),
      h("button", { type: "button", class: "button is-strong", onclick: signInAsDemo }, icon("user"), "Sign in as demo"),
      h("button", { type: "button", class: "button is-plain", onclick: () => openDialog() }, "Other account"));
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const submit = form.querySelector("[type=submit]");
    submit.disabled = true;
    const refusal = await signIn(form.elements.username.value, form.elements.password.value);
    submit.disabled = false;
    message.textContent = refusal ?? "";
    if (!refusal) dialog.close();
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => form.reset());
  session.addEventListener("change", () => {
    show();
    announce(session.isSignedIn ? `Signed in as ${session.username}` : session.notice || "Signed out");
  });
  show();
}
