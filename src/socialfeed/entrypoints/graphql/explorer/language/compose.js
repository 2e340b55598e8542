/** Writes a ready operation for a field of a root type. */

import { innerType, isComposite, isRequired, typeText } from "./schema.js";

const DEPTH = 3;

/**
 * `query Post($id: ID!) { post(id: $id) { id content … } }`: required arguments become variables, everything that
 * has no required argument of its own is selected, objects to a small depth.
 *
 * @param {import("./schema.js").Schema} schema
 * @param {string} keyword  query, mutation or subscription
 * @param {import("./schema.js").Field} field
 */
export function compose(schema, keyword, field) {
  const needed = field.args.filter(isRequired);
  const variables = needed.map((input) => `$${input.name}: ${typeText(input.type)}`).join(", ");
  const given = needed.map(({ name }) => `${name}: $${name}`).join(", ");
  const name = field.name[0].toUpperCase() + field.name.slice(1);
  const type = schema.resolve(field.type);
  const body = isComposite(type) ? ` ${selection(schema, type, "    ", [])}` : "";
  const signature = `${keyword} ${name}${variables && `(${variables})`}`;
  return `${signature} {\n  ${field.name}${given && `(${given})`}${body}\n}`;
}

function selection(schema, type, indent, above) {
  const inside = [...above, type.name];
  const lines = [];
  for (const field of type.fields ?? []) {
    if (field.isDeprecated || field.args.some(isRequired)) continue;
    const inner = schema.resolve(field.type);
    if (!isComposite(inner)) lines.push(field.name);
    else if (isWorthOpening(inner, inside)) {
      lines.push(`${field.name} ${selection(schema, inner, `${indent}  `, inside)}`);
    }
  }
  const selected = lines.length > 0 ? lines : ["__typename"];
  return `{\n${selected.map((line) => `${indent}${line}\n`).join("")}${indent.slice(2)}}`;
}

/** Neither a type that is open already (it would never end) nor too deep. */
function isWorthOpening(type, inside) {
  return !inside.includes(innerType(type).name) && inside.length < DEPTH;
}
