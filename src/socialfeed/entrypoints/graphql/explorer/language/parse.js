/**
 * A parser for executable GraphQL documents that never gives up: an editor holds broken text most of the time.
 * It builds a tree, colours the tokens by setting their `role`, and notes in `slots` what may stand where, which is
 * all that completion needs to know of the grammar.
 *
 * The tree keeps tokens, not copies: `field.name.start` is where the name stands in the text, and `first` and `last`
 * of a node are the tokens that bound it.
 *
 * @typedef {import("./tokens.js").Token} Token
 * @typedef {{start: number, end: number, message: string}} Problem
 * @typedef {{type: "definition"|"selection"|"spread"|"condition"|"argument"|"value"|"objectField"|"inputType"|
 *   "directive"|"none", node?: object}} Slot
 * @typedef {{
 *   tokens: Token[], definitions: object[], operations: object[], fragments: object[],
 *   problems: Problem[], slots: Map<Token, Slot>,
 * }} Document
 */

import { tokenize } from "./tokens.js";

const OPERATIONS = ["query", "mutation", "subscription"];
const CONSTANTS = { true: "boolean", false: "boolean", null: "null" };

/**
 * @param {string} text
 * @returns {Document}
 */
export function parse(text) {
  return new Parser(text).document();
}

class Parser {
  constructor(text) {
    this.tokens = tokenize(text);
    this.position = 0;
    this.problems = [];
    this.slots = new Map();
  }

  document() {
    const definitions = [];
    while (this.mark("definition") && this.token.kind !== "end") {
      const definition = this.definition();
      if (definition) definitions.push(definition);
      else this.skip("This is not the start of a query, mutation, subscription or fragment.");
    }
    const ofType = (type) => definitions.filter((definition) => definition.type === type);
    const { tokens, problems, slots } = this;
    for (const token of tokens) {
      const closed = token.kind === "block" ? /^"""[^]*"""$/ : /^"(?:\\.|[^"\\])*"$/;
      if (token.role === "string" && !closed.test(token.text)) this.problem(token, "This string is not closed.");
    }
    return { tokens, definitions, operations: ofType("operation"), fragments: ofType("fragment"), problems, slots };
  }

  definition() {
    const first = this.token;
    if (this.is("{")) return this.closed({ type: "operation", keyword: "query", variables: [], directives: [], first });
    if (this.token.kind !== "name") return null;
    if (OPERATIONS.includes(this.token.text)) return this.operation(first);
    if (this.token.text === "fragment") return this.fragment(first);
    return null;
  }

  operation(first) {
    const keyword = this.take("keyword").text;
    this.mark("none");
    const name = this.token.kind === "name" ? this.take("operation") : undefined;
    this.mark("none");
    const variables = this.is("(") ? this.variables() : [];
    const directives = this.directives(keyword.toUpperCase());
    return this.closed({ type: "operation", keyword, name, variables, directives, first });
  }

  fragment(first) {
    this.take("keyword");
    this.mark("none");
    const name = this.token.kind === "name" && this.token.text !== "on" ? this.take("fragment") : undefined;
    if (!name) this.problem(this.token, "A fragment needs a name.");
    const on = this.condition();
    if (!on) this.problem(this.token, "A fragment needs a type: fragment Name on Type.");
    const directives = this.directives("FRAGMENT_DEFINITION");
    return this.closed({ type: "fragment", name, on, directives, first });
  }

  /** Adds the selection set that ends every definition. */
  closed(definition) {
    this.mark("none");
    definition.selection = this.is("{") ? this.selection() : null;
    if (!definition.selection) this.problem(definition.first, "A selection in braces is missing: { … }.");
    definition.last = this.previous;
    return definition;
  }

  selection() {
    const set = { open: this.take(), items: [], close: null, parentType: null };
    while (this.mark("selection", set) && !this.is("}") && this.token.kind !== "end") {
      if (this.token.kind === "name") set.items.push(this.field(set));
      else if (this.is("...")) set.items.push(this.spread(set));
      else this.skip("A field name was expected here.");
    }
    if (this.is("}")) set.close = this.take();
    else this.problem(set.open, "This brace is not closed.");
    return set;
  }

  field(set) {
    const first = this.take("field");
    const node = { type: "field", name: first, arguments: null, directives: [], selection: null, first };
    if (this.is(":")) {
      this.take();
      this.mark("selection", set);
      if (this.token.kind === "name") {
        first.role = "alias";
        node.alias = first;
        node.name = this.take("field");
      } else {
        this.problem(first, "A field name must follow the alias.");
      }
    }
    if (this.is("(")) node.arguments = this.arguments(node);
    node.directives = this.directives("FIELD");
    if (this.is("{")) node.selection = this.selection();
    node.last = this.previous;
    return node;
  }

  spread(set) {
    const first = this.take();
    this.mark("spread", set);
    if (this.token.kind === "name" && this.token.text !== "on") {
      const name = this.take("fragment");
      return { type: "spread", name, directives: this.directives("FRAGMENT_SPREAD"), first, last: this.previous };
    }
    const on = this.condition(set);
    const directives = this.directives("INLINE_FRAGMENT");
    const selection = this.is("{") ? this.selection() : null;
    if (!selection) this.problem(first, "A fragment's name, or a selection in braces, must follow.");
    return { type: "inline", on, directives, selection, first, last: this.previous };
  }

  /** `on Type`, or null. */
  condition(set) {
    if (this.token.text !== "on") return null;
    const on = this.take("keyword");
    this.mark("condition", set);
    if (this.token.kind === "name") return this.take("type");
    this.problem(on, "A type's name must follow.");
    return null;
  }

  directives(location) {
    const found = [];
    while (this.token.kind === "directive") {
      this.mark("directive", { location });
      const node = { type: "directive", name: this.take(), arguments: null };
      if (this.is("(")) node.arguments = this.arguments(node);
      found.push(node);
    }
    return found;
  }

  arguments(owner) {
    const list = { open: this.take(), items: [], close: null, owner };
    while (this.mark("argument", list) && this.isInside(")")) {
      if (this.token.kind === "name") list.items.push(this.named("argument"));
      else this.skip("An argument's name was expected here.");
    }
    this.closeList(list, ")");
    return list;
  }

  /** `name: value`, an argument or a field of an input object. */
  named(role) {
    const first = this.take(role);
    const node = { name: first, inputType: null, value: null, first };
    if (this.is(":")) {
      this.take();
      node.value = this.value(node);
    } else {
      this.problem(first, "A colon and a value must follow.");
    }
    node.last = this.previous;
    return node;
  }

  /** A value, or null with a problem. `holder.inputType` will be the type the schema asks for here. */
  value(holder) {
    this.mark("value", holder);
    const { kind, text } = this.token;
    if (kind === "variable") return { type: "variable", token: this.take() };
    if (kind === "number" || kind === "string" || kind === "block") return { type: "scalar", token: this.take() };
    if (kind === "name") {
      const role = CONSTANTS[text] ?? "enum";
      return { type: role, token: this.take(role) };
    }
    if (this.is("[")) return this.listValue();
    if (this.is("{")) return this.objectValue();
    this.problem(this.previous, "A value must follow.");
    return null;
  }

  listValue() {
    const node = { type: "list", open: this.take(), items: [], close: null, element: { inputType: null } };
    while (this.isInside("]")) {
      const value = this.value(node.element);
      if (value) node.items.push(value);
      else this.skip("A value was expected here.");
    }
    this.mark("value", node.element);
    this.closeList(node, "]");
    return node;
  }

  objectValue() {
    const node = { type: "object", open: this.take(), items: [], close: null, inputType: null };
    while (this.mark("objectField", node) && this.isInside("}")) {
      if (this.token.kind === "name") node.items.push(this.named("argument"));
      else this.skip("A field's name was expected here.");
    }
    this.closeList(node, "}");
    return node;
  }

  variables() {
    const list = { open: this.take(), items: [], close: null };
    while (this.mark("none") && this.isInside(")")) {
      if (this.token.kind === "variable") list.items.push(this.variable());
      else this.skip("A variable was expected here: $name: Type.");
    }
    this.closeList(list, ")");
    return list.items;
  }

  variable() {
    const first = this.take();
    const node = { name: first, typeReference: null, default: null, inputType: null, directives: [], first };
    if (this.is(":")) {
      this.take();
      node.typeReference = this.typeReference();
    }
    if (!node.typeReference) this.problem(first, "A variable needs a type: $name: Type.");
    if (this.is("=")) {
      this.take();
      node.default = this.value(node);
    }
    node.directives = this.directives("VARIABLE_DEFINITION");
    node.last = this.previous;
    return node;
  }

  /** A variable's type: the token that names it and the whole as text, `[ID!]!`. Null where no name stands. */
  typeReference() {
    const opened = [];
    while (this.is("[")) opened.push(this.take());
    this.mark("inputType");
    if (this.token.kind !== "name") return null;
    const name = this.take("type");
    const bang = () => (this.is("!") ? this.take().text : "");
    let text = name.text + bang();
    for (const bracket of opened.reverse()) {
      if (this.is("]")) this.take();
      else this.problem(bracket, "This bracket is not closed.");
      text = `[${text}]${bang()}`;
    }
    return { name, text };
  }

  get token() {
    return this.tokens[this.position];
  }

  get previous() {
    return this.tokens[Math.max(0, this.position - 1)];
  }

  is(punctuator) {
    return this.token.kind === "punctuator" && this.token.text === punctuator;
  }

  /** Whether a list that `closing` ends goes on. A closing brace ends every list: the user is still typing it. */
  isInside(closing) {
    return !this.is(closing) && !this.is("}") && this.token.kind !== "end";
  }

  closeList(list, closing) {
    if (this.is(closing)) list.close = this.take();
    else this.problem(list.open, `This “${list.open.text}” is not closed.`);
  }

  take(role) {
    const token = this.token;
    if (token.kind !== "end") this.position += 1;
    if (role) token.role = role;
    return token;
  }

  /** Says what may stand at the present token; the first to say so is right. Always true, for use in conditions. */
  mark(type, node) {
    if (!this.slots.has(this.token)) this.slots.set(this.token, { type, node });
    return true;
  }

  skip(message) {
    this.problem(this.take(), message);
  }

  problem(token, message) {
    this.problems.push({ start: token.start, end: Math.max(token.end, token.start + 1), message });
  }
}
