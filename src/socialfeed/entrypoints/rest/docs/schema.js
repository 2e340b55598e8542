/** What a JSON schema says: its references followed, its limits in words. */

const DEEPEST = 32;

/**
 * @param {object} document  the whole OpenAPI document, where references point
 * @returns a function that gives a schema with its own keywords on top of what it refers to: `typeName` is the last
 *     reference's, `nullable` whether null is allowed, `choices` what is left of a real union.
 */
export function reader(document) {
  const at = (pointer) => pointer.slice(2).split("/").reduce(
    (place, part) => place?.[decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")], document);

  return function read(schema, depth = 0) {
    if (depth > DEEPEST || schema === null || typeof schema !== "object") return {};
    const { $ref, allOf, anyOf, oneOf, ...own } = schema;
    if ($ref) return { ...read(at($ref), depth + 1), typeName: $ref.split("/").pop(), ...own };
    if (allOf) return allOf.map((each) => read(each, depth + 1)).reduce(merged, own);
    const union = anyOf ?? oneOf ?? (Array.isArray(own.type) ? own.type.map((type) => ({ ...own, type })) : null);
    if (!union) return own;
    const choices = union.filter((each) => each.type !== "null");
    const nullable = choices.length < union.length;
    if (choices.length !== 1) return { ...own, type: undefined, choices, nullable };
    return { ...read(choices[0], depth + 1), ...own, type: read(choices[0], depth + 1).type, nullable };
  };
}

function merged(one, other) {
  return {
    ...other, ...one,
    properties: { ...one.properties, ...other.properties, ...one.properties }, // in the order of the first that names them
    required: [...(other.required ?? []), ...(one.required ?? [])],
  };
}

/** `list of string or null` */
export function typeWords(schema, read) {
  const words = schema.choices
    ? schema.choices.map((each) => typeWords(read(each), read)).join(" or ")
    : schema.type === "array"
      ? `list of ${typeWords(read(schema.items), read)}`
      : schema.typeName ?? (schema.enum ? "one of" : schema.type ?? "anything");
  return schema.nullable ? `${words} or null` : words;
}

/** `["8 to 256 characters", "email"]` */
export function limits(schema) {
  return [
    range(schema.minLength, schema.maxLength, "character"),
    range(schema.minimum, schema.maximum),
    range(schema.minItems, schema.maxItems, "item"),
    schema.format,
    schema.pattern && `\`${schema.pattern}\``,
    schema.enum && schema.enum.map((each) => JSON.stringify(each)).join(", "),
    schema.const !== undefined && `always ${JSON.stringify(schema.const)}`,
    schema.default != null && schema.default !== "" && `else ${JSON.stringify(schema.default)}`,
  ].filter(Boolean);
}

function range(least, most, unit = "") {
  if (least === undefined && most === undefined) return null;
  const words = most === undefined ? `at least ${least}` : least === undefined ? `at most ${most}` : `${least} to ${most}`;
  return unit ? `${words} ${unit}${(most ?? least) === 1 ? "" : "s"}` : words;
}
