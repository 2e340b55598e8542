/**
 * What could be written at the caret.
 *
 * @typedef {{
 *   label: string, detail: string, description: string | null,
 *   insert: string, caret: number,
 * }} Suggestion  `insert` replaces the word at the caret, which then stands `caret` characters into it.
 * @typedef {{from: number, to: number, word: string, suggestions: Suggestion[]}} Completion
 */

import { isComposite, isInput, isRequired, innerType, typeText } from "./schema.js";

const CARET = "‸";
const WORDS = ["name", "variable", "directive"];
const MOST = 60;

/**
 * @param {import("./parse.js").Document} document  checked
 * @param {import("./schema.js").Schema} schema
 * @param {string} text
 * @param {number} caret
 * @returns {Completion | null}  null where nothing can be suggested
 */
export function complete(document, schema, text, caret) {
  const { tokens } = document;
  const inside = (part) => part.start < caret && caret <= part.end;
  const inComment = tokens.some((token) => token.comments.some(inside));
  const inString = tokens.some((token) => token.role === "string" && token.start < caret && caret < token.end);
  if (inComment || inString) return null;

  const word = tokens.find((token) => WORDS.includes(token.kind) && inside(token));
  const token = word ?? tokens.find((each) => each.start >= caret);
  const slot = document.slots.get(token);
  if (!slot) return null;
  const place = {
    document, schema,
    next: word ? tokens[word.index + 1] : token,
    indent: /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", caret - 1) + 1, caret))[0],
    operation: document.operations.find((each) => each.first.start <= caret && caret <= each.last.end) ?? null,
  };
  const from = word ? word.start : caret;
  const typed = text.slice(from, caret);
  const candidates = SOURCES[slot.type]?.(place, slot.node) ?? [];
  const suggestions = best(candidates, typed).map((each) => finished(each, place.indent));
  return suggestions.length ? { from, to: word ? word.end : caret, word: typed, suggestions } : null;
}

const SOURCES = {
  definition: ({ schema }) => [
    ...Object.keys(schema.roots).map((keyword) => entry(keyword, "operation", null, `${keyword} {\n  ${CARET}\n}`)),
    entry("fragment", "definition", null, `fragment ${CARET} on `),
  ],

  selection: (place, set) => place.schema.fields(set.parentType).map((field) => fieldEntry(place, field)),

  spread: ({ document, schema }, set) => [
    ...document.fragments.filter((each) => each.name)
      .map((each) => entry(each.name.text, `on ${each.on?.text ?? "?"}`, null)),
    ...fragmentTypes(schema, set).map((type) =>
      entry(`on ${type.name}`, kindText(type), type.description, `on ${type.name} {\n  ${CARET}\n}`)),
  ],

  condition: ({ schema }, set) => fragmentTypes(schema, set)
    .map((type) => entry(type.name, kindText(type), type.description)),

  argument: (place, list) => inputEntries(place, list.inputs, list.items),

  objectField: (place, value) => inputEntries(place, value.inputType?.inputFields, value.items),

  value: ({ schema, operation }, { inputType }) => {
    if (!inputType) return [];
    const type = schema.resolve(inputType);
    const variables = (operation?.variables ?? [])
      .filter((variable) => variable.typeReference?.name.text === type?.name)
      .map((variable) => entry(variable.name.text, variable.typeReference.text, null));
    const constants = type?.name === "Boolean" ? ["true", "false"] : [];
    if (inputType.kind !== "NON_NULL") constants.push("null");
    return [
      ...variables,
      ...(type?.enumValues ?? []).map((value) => entry(value.name, type.name, value.description)),
      ...constants.map((name) => entry(name, typeText(inputType), null)),
    ];
  },

  inputType: ({ schema }) => [...schema.types.values()]
    .filter((type) => isInput(type) && !type.name.startsWith("__"))
    .map((type) => entry(type.name, kindText(type), type.description)),

  directive: ({ schema }, { location }) => schema.directives
    .filter((directive) => directive.locations.includes(location))
    .map((directive) => entry(`@${directive.name}`, "", directive.description, `@${directive.name}${requiredArguments(directive)}`)),
};

function entry(label, detail, description, insert = label) {
  return { label, detail, description, insert };
}

/** A field with what it cannot do without: its required arguments, and braces when it has fields of its own. */
function fieldEntry({ schema, next }, field) {
  const isFollowed = ["(", "{", ":"].includes(next.text);
  const needed = requiredArguments(field);
  const braces = isComposite(schema.resolve(field.type)) ? ` {\n  ${needed ? "" : CARET}\n}` : "";
  const insert = isFollowed ? field.name : `${field.name}${needed}${braces}`;
  return { ...entry(field.name, typeText(field.type), field.description, insert), isDeprecated: field.isDeprecated };
}

function requiredArguments({ args }) {
  const needed = args.filter(isRequired);
  return needed.length ? `(${needed.map(({ name }, at) => `${name}: ${at ? "" : CARET}`).join(", ")})` : "";
}

/** Arguments, or fields of an input object, that are not given yet. */
function inputEntries(place, inputs, given) {
  const isGiven = (input) => given.some((item) => item.name.text === input.name && item.value);
  return (inputs ?? []).filter((input) => !isGiven(input)).map((input) => inputEntry(place, input));
}

function inputEntry({ next }, input) {
  const detail = typeText(input.type) + (input.defaultValue === null ? "" : ` = ${input.defaultValue}`);
  const quotes = innerType(input.type).name === "String" && input.type.kind !== "LIST" ? `"${CARET}"` : CARET;
  return entry(input.name, detail, input.description, next.text === ":" ? input.name : `${input.name}: ${quotes}`);
}

const kindText = (type) => type.kind.toLowerCase().replace("_", " ");

const fragmentTypes = (schema, set) =>
  set?.parentType ? schema.fragmentTypes(set.parentType) : [...schema.types.values()].filter(isComposite);

/** Those that match what was typed: beginnings before camel-case initials before the rest; the schema's order within. */
function best(candidates, typed) {
  const wanted = typed.toLowerCase();
  const initials = new RegExp(`^${[...wanted.replace(/\W/g, "")].join(".*")}`, "i");
  const rank = ({ label }) => {
    const lower = label.toLowerCase();
    if (lower.startsWith(wanted)) return 0;
    if (lower.includes(wanted)) return 1;
    return wanted.length > 1 && initials.test(label) ? 2 : 9;
  };
  return candidates
    .map((each, order) => ({ each, rank: rank(each), order }))
    .filter((scored) => scored.rank < 9)
    .sort((one, other) => one.rank - other.rank || one.order - other.order)
    .slice(0, MOST)
    .map(({ each }) => each);
}

function finished(candidate, indent) {
  const insert = candidate.insert.replaceAll("\n", `\n${indent}`);
  const caret = insert.indexOf(CARET);
  return { ...candidate, insert: insert.replace(CARET, ""), caret: caret < 0 ? insert.length : caret };
}
