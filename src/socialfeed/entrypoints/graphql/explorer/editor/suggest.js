/** The list of suggestions at the caret: arrow keys choose, Enter and Tab take, Escape closes. */

import { announce, fill, h, prose } from "../dom.js";

const ID = "suggestions";

export class SuggestionList {
  /**
   * @param {import("./codearea.js").CodeArea} area
   * @param {(suggestion: object, completion: object) => void} onTake
   */
  constructor(area, onTake) {
    this.area = area;
    this.onTake = onTake;
    this.list = h("ul", { id: ID, role: "listbox", "aria-label": "Suggestions" });
    this.about = h("p", { class: "suggest-about" });
    this.element = h("div", { class: "suggest", hidden: true }, this.list, this.about);
    area.textarea.setAttribute("aria-autocomplete", "list");
    // Taking the focus would close the list before the click arrives.
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
    area.textarea.addEventListener("blur", () => this.close());
    area.element.addEventListener("scroll", () => this.close());
    addEventListener("resize", () => this.close());
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** @param {import("../language/complete.js").Completion} completion */
  open(completion) {
    this.completion = completion;
    fill(this.list, completion.suggestions.map((each, index) => this.#option(each, index)));
    this.element.hidden = false;
    this.area.textarea.setAttribute("aria-controls", ID);
    this.#place();
    this.#choose(0);
    announce(`${completion.suggestions.length} suggestions`);
  }

  close() {
    if (!this.isOpen) return;
    this.element.hidden = true;
    this.area.textarea.removeAttribute("aria-activedescendant");
    this.area.textarea.removeAttribute("aria-controls");
  }

  /** Whether the key was meant for the list. */
  handle(event) {
    if (!this.isOpen || event.ctrlKey || event.metaKey || event.altKey) return false;
    const last = this.completion.suggestions.length - 1;
    const moves = {
      ArrowDown: this.chosen === last ? 0 : this.chosen + 1,
      ArrowUp: this.chosen === 0 ? last : this.chosen - 1,
      PageDown: Math.min(last, this.chosen + 8),
      PageUp: Math.max(0, this.chosen - 8),
    };
    if (event.key in moves) this.#choose(moves[event.key]);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) return this.#take(this.chosen);
    else return false;
    return true;
  }

  /** Nothing is taken when the word stands there in full already: Enter is a new line then, Tab goes on. */
  #take(index) {
    const suggestion = this.completion.suggestions[index];
    this.close();
    if (suggestion.insert === this.completion.word) return false;
    this.onTake(suggestion, this.completion);
    return true;
  }

  #option(suggestion, index) {
    return h("li", {
      role: "option", id: `${ID}-${index}`, class: suggestion.isDeprecated && "is-deprecated",
      onclick: () => this.#take(index),
    }, h("span", { class: "suggest-name" }, matched(suggestion.label, this.completion.word)),
    h("span", { class: "suggest-detail" }, suggestion.detail));
  }

  #choose(index) {
    const options = [...this.list.children];
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    this.chosen = index;
    this.area.textarea.setAttribute("aria-activedescendant", options[index].id);
    options[index].scrollIntoView({ block: "nearest" });
    const { description } = this.completion.suggestions[index];
    this.about.hidden = !description;
    fill(this.about, prose(description));
  }

  /** Below the word, above it where there is no room below. */
  #place() {
    const word = this.area.rectangle(this.completion.from);
    const { width, height } = this.element.getBoundingClientRect();
    const left = Math.max(8, Math.min(word.left - 10, innerWidth - width - 8));
    const isBelow = word.bottom + height + 8 < innerHeight || word.top < height;
    this.element.style.left = `${left}px`;
    this.element.style.top = `${isBelow ? word.bottom + 4 : word.top - height - 4}px`;
  }
}

/** The part that was typed stands out. */
function matched(label, word) {
  const at = label.toLowerCase().indexOf(word.toLowerCase());
  if (!word || at < 0) return label;
  return [label.slice(0, at), h("b", {}, label.slice(at, at + word.length)), label.slice(at + word.length)];
}
