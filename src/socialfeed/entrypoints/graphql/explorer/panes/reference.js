/** The schema to read: search, types, fields, arguments; links lead on and Back leads back. */

import { fill, h, icon, prose } from "../dom.js";
import { innerType, isRequired, typeText } from "../language/schema.js";

const KINDS = [
  ["Objects", "OBJECT"], ["Interfaces", "INTERFACE"], ["Unions", "UNION"], ["Inputs", "INPUT_OBJECT"],
  ["Enums", "ENUM"], ["Scalars", "SCALAR"],
];
const KIND_NAMES = {
  OBJECT: "object", INTERFACE: "interface", UNION: "union", INPUT_OBJECT: "input", ENUM: "enum", SCALAR: "scalar",
};

export class ReferencePane {
  #schema = null;
  /** Where the reader was: `{type?, field?}`; the last is what is shown, none is the start. */
  #trail = [];

  /**
   * @param {{search: HTMLInputElement, back: HTMLButtonElement, content: HTMLElement}} places
   * @param {{onCompose: (keyword: string, field: object) => void, onRetry: () => void}} options
   */
  constructor({ search, back, content }, { onCompose, onRetry }) {
    Object.assign(this, { search, back, content, onCompose, onRetry });
    search.addEventListener("input", () => this.#show());
    search.addEventListener("keydown", (event) => this.#searchKey(event));
    content.addEventListener("keydown", (event) => this.#resultKey(event));
    back.addEventListener("click", () => {
      this.#trail.pop();
      this.#show();
    });
    this.waiting();
  }

  waiting() {
    this.#say(h("p", {}, "Reading the schema …"));
  }

  missing(reason) {
    this.#say(
      h("p", {}, reason),
      h("p", { class: "quiet" }, "The reference and suggestions need the schema."),
      h("button", { type: "button", class: "button", onclick: () => this.onRetry() }, "Try again"),
    );
  }

  /** @param {import("../language/schema.js").Schema} schema */
  set schema(schema) {
    this.#schema = schema;
    this.search.disabled = false;
    this.#show();
  }

  /** @param {{type: string, field?: string}} target */
  open(target) {
    if (!this.#schema?.type(target.type)) return;
    this.search.value = "";
    this.#trail.push(target);
    this.#show();
    const field = this.content.querySelector(".member.is-target");
    if (field) field.scrollIntoView({ block: "center" });
    else this.content.scrollTo(0, 0);
  }

  #say(...words) {
    this.search.disabled = true;
    this.back.hidden = true;
    fill(this.content, h("div", { class: "empty" }, words));
  }

  #show() {
    if (!this.#schema) return;
    const wanted = this.search.value.trim();
    const target = this.#trail.at(-1);
    this.back.hidden = Boolean(wanted) || !target;
    if (wanted) fill(this.content, this.#results(wanted));
    else if (target) fill(this.content, this.#type(this.#schema.type(target.type), target.field));
    else fill(this.content, this.#start());
  }

  #start() {
    const roots = Object.entries(this.#schema.roots).map(([keyword, type]) => h("section", {},
      h("h3", {}, this.#link(type.name), h("span", { class: "count" }, type.fields.length)),
      h("ul", { role: "list", class: "rows" }, type.fields.map((field) => h("li", {},
        h("button", { type: "button", class: `row is-${keyword}`, onclick: () => this.open({ type: type.name, field: field.name }) },
          h("span", { class: "row-name" }, field.name), h("span", { class: "row-type" }, typeText(field.type))))))));
    const kinds = KINDS.map(([title, kind]) => [title, this.#schema.typesOfKind(kind)])
      .filter(([, types]) => types.length > 0)
      .map(([title, types]) => h("section", {},
        h("h3", {}, title, h("span", { class: "count" }, types.length)),
        h("p", { class: "types" }, types.map((type) => this.#link(type.name)))));
    return [this.#schema.description && h("p", { class: "lead" }, prose(this.#schema.description)), roots, kinds];
  }

  #results(wanted) {
    const found = this.#schema.search(wanted);
    if (found.length === 0) return h("p", { class: "empty" }, `Nothing in the schema matches “${wanted}”.`);
    return [
      h("p", { class: "quiet", role: "status" }, `${found.length} ${found.length === 1 ? "match" : "matches"}`),
      h("ul", { role: "list", class: "rows" }, found.map(({ label, description, type, field }) => h("li", {},
        h("button", { type: "button", class: "row is-found", onclick: () => this.open({ type: type.name, field: field?.name }) },
          h("span", { class: "row-name" }, highlighted(label, wanted)),
          description && h("span", { class: "row-about" }, prose(firstSentence(description))))))),
    ];
  }

  #type(type, fieldName) {
    const keyword = Object.entries(this.#schema.roots).find(([, root]) => root === type)?.[0];
    const uses = keyword ? [] : this.#schema.usesOf(type).slice(0, 12);
    const interfaces = type.interfaces ?? [];
    return [
      h("h3", { class: "title code-font" }, type.name, " ", h("small", {}, keyword ? `root ${KIND_NAMES[type.kind]}` : KIND_NAMES[type.kind])),
      type.description && h("p", { class: "lead" }, prose(type.description)),
      interfaces.length > 0 && h("p", { class: "chips" }, h("span", { class: "quiet" }, "implements"), interfaces.map(({ name }) => this.#link(name))),
      type.kind !== "OBJECT" && type.possibleTypes?.length > 0 && h("section", {}, h("h4", {}, "Possible types"),
        h("p", { class: "chips" }, type.possibleTypes.map(({ name }) => this.#link(name)))),
      (type.fields ?? type.inputFields ?? []).map((field) => this.#member(field, field.name === fieldName, keyword)),
      (type.enumValues ?? []).map((value) => this.#member(value, false)),
      uses.length > 0 && h("section", {}, h("h4", {}, "Found in"), h("p", { class: "chips" }, uses.map(({ parent, field }) =>
        h("button", { type: "button", class: "link code-font", onclick: () => this.open({ type: parent.name, field: field.name }) },
          `${parent.name}.${field.name}`)))),
    ];
  }

  /** A field, an input field or an enum value. */
  #member(member, isTarget, keyword) {
    const inputs = member.args ?? [];
    return h("article", { class: `member${isTarget ? " is-target" : ""}`, "aria-current": isTarget && "true" },
      h("p", { class: "signature" },
        h("b", {}, member.name), inputs.length > 0 && "( )", member.type && [": ", this.#typeLink(member.type)],
        keyword && h("button", { type: "button", class: "button is-small", title: `Write a ${keyword} for ${member.name}`,
          onclick: () => this.onCompose(keyword, member) }, icon("compose"), "Try")),
      member.isDeprecated && h("p", { class: "deprecated" }, h("b", {}, "Deprecated. "), prose(member.deprecationReason)),
      member.description && h("p", {}, prose(member.description)),
      inputs.length > 0 && h("dl", { class: "arguments" }, inputs.map((input) => h("div", {},
        h("dt", {}, input.name, isRequired(input) && h("abbr", { title: "required" }, "*"), ": ", this.#typeLink(input.type),
          input.defaultValue !== null && h("span", { class: "quiet" }, ` = ${input.defaultValue}`)),
        input.description && h("dd", {}, prose(input.description))))));
  }

  #link(name) {
    return h("button", { type: "button", class: "link code-font", onclick: () => this.open({ type: name }) }, name);
  }

  /** `[Post!]!` with its name a link. */
  #typeLink(type) {
    const { name } = innerType(type);
    const [before, after] = typeText(type).split(name);
    return h("span", { class: "type" }, before, this.#link(name), after);
  }

  #searchKey(event) {
    if (event.key === "Escape" && this.search.value) {
      event.stopPropagation();
      this.search.value = "";
      this.#show();
    } else if (event.key === "Enter") {
      this.content.querySelector(".row")?.click();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      this.content.querySelector(".row")?.focus();
    }
  }

  #resultKey(event) {
    if (!event.target.matches(".row") || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    const rows = [...this.content.querySelectorAll(".row")];
    const next = rows[rows.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
    (next ?? (event.key === "ArrowUp" ? this.search : event.target)).focus();
  }
}

function highlighted(label, wanted) {
  const at = label.toLowerCase().indexOf(wanted.toLowerCase());
  return at < 0 ? label : [label.slice(0, at), h("mark", {}, label.slice(at, at + wanted.length)), label.slice(at + wanted.length)];
}

const firstSentence = (text) => /^[^]*?[.?!](?=\s|$)/.exec(text)?.[0] ?? text;
