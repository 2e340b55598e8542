/**
 * The schema as the server describes itself (GraphQL specification, section 4), with the look-ups an editor needs.
 *
 * @typedef {{kind: string, name: string | null, ofType?: TypeReference | null}} TypeReference
 * @typedef {{name: string, description: string | null, type: TypeReference, defaultValue: string | null}} InputValue
 * @typedef {{
 *   name: string, description: string | null, args: InputValue[], type: TypeReference,
 *   isDeprecated: boolean, deprecationReason: string | null,
 * }} Field
 * @typedef {{
 *   kind: string, name: string, description: string | null, fields: Field[] | null, inputFields: InputValue[] | null,
 *   interfaces: TypeReference[] | null, possibleTypes: TypeReference[] | null, enumValues: object[] | null,
 * }} Type
 */

/** Four levels of wrapping reach `[[T!]!]!`, and few enough levels to stay within the server's depth limit. */
const TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";
const INPUT = `name description type { ${TYPE} } defaultValue`;

export const INTROSPECTION = `query Introspection {
  __schema {
    description
    queryType { name }
    mutationType { name }
    subscriptionType { name }
    directives { name description locations args { ${INPUT} } }
    types {
      kind name description
      fields(includeDeprecated: true) {
        name description args { ${INPUT} } type { ${TYPE} } isDeprecated deprecationReason
      }
      inputFields { ${INPUT} }
      interfaces { kind name }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
      possibleTypes { kind name }
    }
  }
}`;

const named = (kind, name) => ({ kind, name, ofType: null });
const required = (type) => ({ kind: "NON_NULL", name: null, ofType: type });
const metaField = (name, description, type, args = []) => ({
  name, description, type, args, isDeprecated: false, deprecationReason: null, isMeta: true,
});

const TYPENAME = metaField("__typename", "The name of the object's type.", required(named("SCALAR", "String")));
const ROOT_META = [
  metaField("__schema", "The schema, described by itself.", required(named("OBJECT", "__Schema"))),
  metaField("__type", "One type of the schema.", named("OBJECT", "__Type"), [
    { name: "name", description: "The type's name.", type: required(named("SCALAR", "String")), defaultValue: null },
  ]),
];

/** `[Post!]!` */
export function typeText(type) {
  if (type.kind === "NON_NULL") return `${typeText(type.ofType)}!`;
  if (type.kind === "LIST") return `[${typeText(type.ofType)}]`;
  return type.name;
}

/** The type inside all lists and non-nulls. */
export function innerType(type) {
  return type.ofType ? innerType(type.ofType) : type;
}

export const isRequired = (input) => input.type.kind === "NON_NULL" && input.defaultValue === null;
export const isComposite = (type) => ["OBJECT", "INTERFACE", "UNION"].includes(type?.kind);
export const isInput = (type) => ["SCALAR", "ENUM", "INPUT_OBJECT"].includes(type?.kind);
const isInternal = (name) => name.startsWith("__");

export class Schema {
  /** @param {object} introspection  the value of `__schema` */
  constructor(introspection) {
    this.description = introspection.description ?? "";
    this.directives = introspection.directives ?? [];
    /** @type {Map<string, Type>} */
    this.types = new Map(introspection.types.map((type) => [type.name, type]));
    this.roots = {};
    for (const keyword of ["query", "mutation", "subscription"]) {
      const root = introspection[`${keyword}Type`];
      if (root) this.roots[keyword] = this.types.get(root.name);
    }
  }

  type(name) {
    return this.types.get(name) ?? null;
  }

  /** The full type behind a reference. */
  resolve(reference) {
    return reference ? this.type(innerType(reference).name) : null;
  }

  /** What may be selected on `type`, `__typename` and its kin last. */
  fields(type) {
    if (!isComposite(type)) return [];
    const meta = type === this.roots.query ? [TYPENAME, ...ROOT_META] : [TYPENAME];
    return [...(type.fields ?? []), ...meta];
  }

  field(type, name) {
    return this.fields(type).find((field) => field.name === name) ?? null;
  }

  directive(name) {
    return this.directives.find((directive) => directive.name === name) ?? null;
  }

  /** The object types that a value of `type` can be, by name. */
  possibleNames(type) {
    return new Set(type.kind === "OBJECT" ? [type.name] : (type.possibleTypes ?? []).map((each) => each.name));
  }

  /** The composite types a fragment within `type` may be on: those that share an object type with it. */
  fragmentTypes(type) {
    const names = this.possibleNames(type);
    return [...this.types.values()].filter(
      (each) => isComposite(each) && !isInternal(each.name) && [...this.possibleNames(each)].some((name) => names.has(name)),
    );
  }

  /** Own types by kind, roots and the specification's own left out, in the schema's order. */
  typesOfKind(...kinds) {
    const roots = Object.values(this.roots);
    return [...this.types.values()].filter(
      (type) => kinds.includes(type.kind) && !isInternal(type.name) && !roots.includes(type),
    );
  }

  /** The fields whose value is or contains `type`: `[{parent, field}]`. */
  usesOf(type) {
    return [...this.types.values()].filter((parent) => !isInternal(parent.name)).flatMap((parent) =>
      (parent.fields ?? parent.inputFields ?? [])
        .filter((field) => innerType(field.type).name === type.name)
        .map((field) => ({ parent, field })));
  }

  /**
   * Types, fields, arguments and enum values whose name, else whose description, contains `text`.
   * Best first: whole names, beginnings, names, descriptions.
   */
  search(text, limit = 60) {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    const rank = ({ label, name, description }) => {
      const lower = name.toLowerCase();
      if (lower === wanted || label.toLowerCase() === wanted) return 0;
      if (lower.startsWith(wanted)) return 1;
      if (lower.includes(wanted) || label.toLowerCase().includes(wanted)) return 2;
      return (description ?? "").toLowerCase().includes(wanted) ? 3 : 9;
    };
    return this.#members()
      .map((entry, order) => ({ ...entry, rank: rank(entry), order }))
      .filter((entry) => entry.rank < 9)
      .sort((one, other) => one.rank - other.rank || one.order - other.order)
      .slice(0, limit);
  }

  /** Everything with a name, one entry each: `{label, name, description, type, field?}`. */
  #members() {
    const entries = [];
    const add = (label, { name, description }, target) => entries.push({ label, name, description, ...target });
    const own = [...this.types.values()].filter((type) => !isInternal(type.name));
    const roots = Object.values(this.roots);
    for (const type of [...roots, ...own.filter((type) => !roots.includes(type))]) {
      add(type.name, type, { type });
      for (const field of type.fields ?? type.inputFields ?? []) {
        add(`${type.name}.${field.name}`, field, { type, field });
        for (const input of field.args ?? []) add(`${type.name}.${field.name}(${input.name}:)`, input, { type, field });
      }
      for (const value of type.enumValues ?? []) add(`${type.name}.${value.name}`, value, { type });
    }
    return entries;
  }
}
