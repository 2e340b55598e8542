/**
 * Lays a document against the schema: gives every token its `meaning`, every place its type, and finds what the
 * server would refuse and an editor can say at once. The server's validation stays the judge.
 *
 * @typedef {import("./parse.js").Document} Document
 * @typedef {import("./parse.js").Problem} Problem
 */

import { closest } from "./closest.js";
import { innerType, isComposite, isInput, isRequired, typeText } from "./schema.js";

/**
 * @param {Document} document
 * @param {import("./schema.js").Schema} schema
 * @returns {Problem[]}
 */
export function check(document, schema) {
  const checker = new Checker(document, schema);
  document.definitions.forEach((definition) => checker.definition(definition));
  return checker.problems;
}

class Checker {
  constructor(document, schema) {
    this.schema = schema;
    this.problems = [];
    this.fragments = new Map(document.fragments.map((fragment) => [fragment.name?.text, fragment]));
  }

  definition(definition) {
    if (definition.type === "fragment") {
      const type = definition.on && this.condition(definition.on);
      this.directives(definition.directives);
      this.selection(definition.selection, type);
      return;
    }
    const root = this.schema.roots[definition.keyword];
    if (!root) this.problem(definition.first, `This server has no ${definition.keyword}s.`);
    this.declared = new Map(definition.variables.map((each) => [each.name.text, each.typeReference?.text ?? "?"]));
    definition.variables.forEach((variable) => this.variable(variable));
    this.directives(definition.directives);
    this.selection(definition.selection, root);
    this.declared = null;
  }

  variable(variable) {
    const name = variable.typeReference?.name;
    if (name) {
      const type = this.schema.type(name.text);
      if (isInput(type)) {
        name.meaning = { kind: "type", type };
        variable.inputType = { kind: type.kind, name: type.name, ofType: null };
      } else {
        const inputs = [...this.schema.types.values()].filter(isInput).map((each) => each.name);
        this.unknown(name, `There is no input type ${name.text}.`, inputs);
      }
    }
    variable.name.meaning = { kind: "text", text: `${variable.name.text}: ${variable.typeReference?.text ?? "?"}` };
    if (variable.default) this.value(variable.default, variable.inputType);
    this.directives(variable.directives);
  }

  condition(token) {
    const type = this.schema.type(token.text);
    if (isComposite(type)) {
      token.meaning = { kind: "type", type };
      return type;
    }
    const names = [...this.schema.types.values()].filter(isComposite).map((each) => each.name);
    this.unknown(token, `There is no object or interface ${token.text}.`, names);
    return null;
  }

  /** `parentType` is null where it is not known: nothing can be said of the fields then. */
  selection(set, parentType) {
    if (!set) return;
    set.parentType = parentType ?? null;
    for (const item of set.items) {
      this.directives(item.directives);
      if (item.type === "field") this.field(item, set.parentType);
      else if (item.type === "inline") this.selection(item.selection, item.on ? this.condition(item.on) : set.parentType);
      else this.spread(item);
    }
    if (set.close && set.items.length === 0) this.problem(set.open, "Select at least one field.");
  }

  spread({ name }) {
    const fragment = this.fragments.get(name.text);
    if (fragment) name.meaning = { kind: "text", text: `fragment ${name.text} on ${fragment.on?.text ?? "?"}` };
    else this.unknown(name, `There is no fragment ${name.text}.`, [...this.fragments.keys()].filter(Boolean));
  }

  field(node, parent) {
    const definition = parent && this.schema.field(parent, node.name.text);
    if (!definition) {
      if (parent) {
        const names = this.schema.fields(parent).map((field) => field.name);
        this.unknown(node.name, `${parent.name} has no field ${node.name.text}.`, names);
      }
      this.arguments(node.arguments, null);
      this.selection(node.selection, null);
      return;
    }
    node.name.meaning = { kind: "field", parent, field: definition };
    const owner = `${parent.name}.${definition.name}`;
    this.arguments(node.arguments, definition.args, owner, node.name);
    const type = this.schema.resolve(definition.type);
    if (isComposite(type) && !node.selection) {
      this.problem(node.name, `${node.name.text} is a ${type.name}: select its fields in braces.`);
    } else if (!isComposite(type) && node.selection) {
      this.problem(node.selection.open, `${node.name.text} is a ${typeText(definition.type)}: it has no fields.`);
    }
    this.selection(node.selection, isComposite(type) ? type : null);
  }

  /** `inputs` is null where the field or directive is not known. */
  arguments(list, inputs, owner, ownerToken) {
    if (list) list.inputs = inputs ?? [];
    for (const item of list?.items ?? []) {
      const input = inputs?.find((each) => each.name === item.name.text);
      if (input) {
        item.name.meaning = { kind: "argument", owner, input, field: ownerToken.meaning };
        item.inputType = input.type;
      } else if (inputs) {
        this.unknown(item.name, `${owner} has no argument ${item.name.text}.`, inputs.map((each) => each.name));
      }
      this.value(item.value, item.inputType);
    }
    const given = new Set((list?.items ?? []).map((item) => item.name.text));
    for (const input of inputs ?? []) {
      if (isRequired(input) && !given.has(input.name)) {
        this.problem(ownerToken, `${owner} needs the argument ${input.name}: ${typeText(input.type)}.`);
      }
    }
  }

  directives(nodes) {
    const directiveNames = this.schema.directives.map((each) => each.name);
    for (const node of nodes) {
      const name = node.name.text.slice(1);
      const directive = this.schema.directive(name);
      if (directive) node.name.meaning = { kind: "text", text: node.name.text, description: directive.description };
      else if (name) this.unknown(node.name, `There is no directive ${node.name.text}.`, directiveNames);
      this.arguments(node.arguments, directive?.args ?? null, node.name.text, node.name);
    }
  }

  value(value, inputType) {
    if (!value) return;
    const type = this.schema.resolve(inputType);
    if (value.type === "variable") this.variableUse(value.token);
    else if (value.type === "list") this.list(value, inputType);
    else if (value.type === "object") this.object(value, type);
    else if (value.type === "enum" && type) this.enumValue(value.token, type);
  }

  /** Fragments may use the variables of any operation that spreads them: there, nothing is said. */
  variableUse(token) {
    if (!this.declared || token.text === "$") return;
    const type = this.declared.get(token.text);
    if (type) token.meaning = { kind: "text", text: `${token.text}: ${type}` };
    else this.unknown(token, `This operation declares no variable ${token.text}.`, [...this.declared.keys()]);
  }

  list(value, inputType) {
    const outer = inputType?.kind === "NON_NULL" ? inputType.ofType : inputType;
    value.element.inputType = outer?.kind === "LIST" ? outer.ofType : inputType ?? null;
    value.items.forEach((item) => this.value(item, value.element.inputType));
  }

  object(value, type) {
    value.inputType = type;
    for (const item of value.items) {
      const field = type?.inputFields?.find((each) => each.name === item.name.text);
      if (field) {
        item.name.meaning = { kind: "argument", owner: type.name, input: field };
        item.inputType = field.type;
      } else if (type?.inputFields) {
        const names = type.inputFields.map((each) => each.name);
        this.unknown(item.name, `${type.name} has no field ${item.name.text}.`, names);
      }
      this.value(item.value, item.inputType);
    }
  }

  enumValue(token, type) {
    const known = type.enumValues?.find((each) => each.name === token.text);
    if (known) token.meaning = { kind: "text", text: `${type.name}.${known.name}`, description: known.description };
    else this.unknown(token, `${token.text} is not a ${type.name}.`, (type.enumValues ?? []).map((each) => each.name));
  }

  /** A name nobody knows, with the nearest one that exists. */
  unknown(token, message, names) {
    const nearest = closest(token.text, names);
    this.problem(token, nearest ? `${message} Did you mean ${nearest}?` : message);
  }

  problem({ start, end }, message) {
    this.problems.push({ start, end, message });
  }
}

/**
 * What stands at `offset`, for people: `{text, description, target}`, where `target` names a place in the schema
 * (`{type, field?}`) or is null. Null where nothing is known. Needs a checked document.
 */
export function describe(document, offset) {
  const touching = document.tokens.filter((token) => token.start <= offset && offset <= token.end && token.meaning);
  const meaning = touching.at(-1)?.meaning;
  switch (meaning?.kind) {
    case "field": {
      const { parent, field } = meaning;
      const text = `${parent.name}.${field.name}: ${typeText(field.type)}`;
      const target = field.isMeta ? { type: innerType(field.type).name } : { type: parent.name, field: field.name };
      return { text, description: field.description, target };
    }
    case "argument": {
      const { owner, input, field } = meaning;
      const fallback = input.defaultValue === null ? "" : ` = ${input.defaultValue}`;
      const target = field?.kind === "field" ? { type: field.parent.name, field: field.field.name } : null;
      return { text: `${owner}(${input.name}: ${typeText(input.type)}${fallback})`, description: input.description, target };
    }
    case "type":
      return { text: meaning.type.name, description: meaning.type.description, target: { type: meaning.type.name } };
    case "text":
      return { text: meaning.text, description: meaning.description ?? null, target: null };
    default:
      return null;
  }
}
