/** Inputs made of schemas. The server judges what is typed, so that its refusals can be seen here, too. */

import { h, prose } from "/explorer/dom.js";
import { limits, typeWords } from "./schema.js";

const LONG = 200;
let made = 0;

/**
 * @typedef {{name: string, element: HTMLElement, isSecret: boolean, isLeftOut: () => boolean, value: () => unknown}} Field
 * @param {string} name
 * @param {object} schema  as read
 * @param {{isRequired: boolean, isNeeded?: boolean, description?: string, read: Function}} options  without a needed
 *     value there is no request; without a required one the server refuses it
 * @returns {Field}
 */
export function field(name, schema, { isRequired, isNeeded = false, description, read }) {
  const id = `field-${(made += 1)}`;
  const { input, value } = control(name, schema, read);
  input.id = id;
  input.required = isNeeded;
  input.setAttribute("aria-describedby", `${id}-hint`);
  const given = h("input", { type: "checkbox", "aria-label": `Send ${name}` });
  const hints = [typeWords(schema, read), ...limits(schema), schema.nullable && input.type !== "file" && "empty: null"];
  const words = [...hints.filter(Boolean), description ?? schema.description].filter(Boolean).join(" · ");
  input.addEventListener("input", () => (given.checked = true));
  const element = h("div", { class: "field" },
    h("div", { class: "field-head" },
      h("label", { for: id }, name),
      isRequired ? h("span", { class: "required" }, "required") : h("label", { class: "given" }, given, "send")),
    input,
    h("p", { class: "hint", id: `${id}-hint` }, prose(words)));
  return { name, element, isSecret: input.type === "password", isLeftOut: () => !isRequired && !given.checked, value };
}

/** The fields of a request's body, one for each property; a single one for what is no object. */
export function bodyFields(schema, read) {
  const properties = Object.entries(schema.properties ?? {});
  if (!properties.length) return null;
  const required = new Set(schema.required);
  return properties
    .map(([name, each]) => [name, read(each)])
    .filter(([, each]) => !each.readOnly)
    .map(([name, each]) => field(name, each, { isRequired: required.has(name), read }));
}

function control(name, schema, read) {
  const orNull = (text, otherwise) => (schema.nullable && text === "" ? null : otherwise(text));
  const options = schema.enum ?? (schema.const !== undefined ? [schema.const] : schema.type === "boolean" ? [true, false] : null);
  if (options) {
    const all = schema.nullable && !options.includes(null) ? [...options, null] : options;
    const input = h("select", {}, all.map((each, at) => h("option", { value: at }, String(each))));
    return { input, value: () => all[Number(input.value)] };
  }
  if (schema.format === "binary" || schema.contentMediaType) {
    const input = h("input", { type: "file" });
    return { input, value: () => input.files[0] };
  }
  if (schema.type === "string") {
    const input = schema.maxLength > LONG && !isHidden(name, schema) && schema.format === undefined
      ? h("textarea", { rows: 3 })
      : h("input", isHidden(name, schema) ? { type: "password", autocomplete: "new-password" } : { autocomplete: "off" });
    input.spellcheck = false;
    return { input, value: () => orNull(input.value, (text) => text) };
  }
  if (schema.type === "integer" || schema.type === "number") {
    const input = h("input", { inputmode: "decimal", autocomplete: "off" });
    return { input, value: () => orNull(input.value.trim(), (text) => (text === "" || Number.isNaN(Number(text)) ? text : Number(text))) };
  }
  const input = h("textarea", { rows: 4, class: "code-font", placeholder: JSON.stringify(sample(schema, read), null, 2) });
  input.spellcheck = false;
  return { input, value: () => orNull(input.value.trim(), json) };
}

function isHidden(name, schema) {
  return schema.format === "password" || /pass(word|wd)/i.test(name);
}

function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What a value looks like, where it has to be written as JSON. */
function sample(schema, read, depth = 0) {
  if (schema.type === "array") return depth < 3 ? [sample(read(schema.items), read, depth + 1)] : [];
  if (schema.properties && depth < 3) {
    return Object.fromEntries(Object.entries(schema.properties).map(([name, each]) => [name, sample(read(each), read, depth + 1)]));
  }
  return { string: "…", integer: 0, number: 0, boolean: false, object: {} }[schema.type] ?? null;
}
