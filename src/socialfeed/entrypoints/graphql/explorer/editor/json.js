/** An editor for a JSON object, with a line below that says what is wrong with it. */

import { fill, h, icon } from "../dom.js";
import { readObject, tokenizeJson } from "../language/json.js";
import { CodeArea } from "./codearea.js";

/** Dispatches `change`. */
export class JsonEditor extends EventTarget {
  /**
   * @param {{label: string, id: string, placeholder: string, check?: (value: object) => string | null}} options
   *   `check` finds what is wrong with an object beyond its grammar, as a sentence
   */
  constructor({ label, id, placeholder, check = () => null }) {
    super();
    this.check = check;
    this.message = h("div", { class: "editor-status is-wrong", id: `${id}-message`, role: "status" });
    this.area = new CodeArea({ label, describedBy: `${id}-message`, placeholder, paint: (text) => this.#paint(text) });
    this.element = h("div", { class: "editor" }, this.area.element, this.message);
    this.area.addEventListener("change", () => this.#changed());
    this.#changed();
  }

  get text() {
    return this.area.value;
  }

  /** The object, or null while the text is not one. */
  get value() {
    return this.problem ? null : readObject(this.text).value;
  }

  load(text) {
    this.area.load(text);
  }

  #paint(text) {
    const { value, problem } = readObject(text);
    const complaint = value && this.check(value);
    this.problem = problem ?? (complaint ? { start: 0, end: 0, message: complaint } : null);
    return tokenizeJson(text).map(({ start, end, role }) => {
      const isWrong = this.problem && start < this.problem.end && this.problem.start < end;
      return { start, end, className: `t-${role}${isWrong ? " is-wrong" : ""}` };
    });
  }

  #changed() {
    const { problem } = this;
    this.message.hidden = !problem;
    this.area.textarea.setAttribute("aria-invalid", String(Boolean(problem)));
    fill(this.message, problem && [icon("warning"), h("span", {}, problem.message)]);
    this.dispatchEvent(new Event("change"));
  }
}
