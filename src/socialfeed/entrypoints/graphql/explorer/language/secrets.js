/**
 * Takes passwords, one-time codes and tokens out of what is about to be stored in the browser.
 * What cannot be read cannot be cleaned, so it is not kept.
 */

import { readObject } from "./json.js";
import { parse } from "./parse.js";

const MASK = "•••••";
const SECRET = /password|passwd|secret|otp|token|^code$|authorization|cookie|api-?key/i;

const isSecret = (name) => SECRET.test(name);

/** The literals of secret arguments and variables replaced, everything else as it was. */
export function maskDocument(text) {
  const document = parse(text);
  const secrets = secretVariables(document);
  const spots = document.tokens.filter(
    ({ role, index }) => ["string", "number"].includes(role) && isSecret(nameBefore(document.tokens, index, secrets)),
  );
  return spots.reverse().reduce(
    (masked, { start, end }) => `${masked.slice(0, start)}"${MASK}"${masked.slice(end)}`,
    text,
  );
}

/**
 * @param {string} json
 * @param {string} documentText  tells which variables are handed to secret arguments
 */
export function maskVariables(json, documentText) {
  const { value } = readObject(json);
  if (!value) return "";
  const secrets = secretVariables(parse(documentText));
  const hidden = (name) => isSecret(name) || secrets.has(`$${name}`);
  return Object.keys(value).length ? JSON.stringify(masked(value, hidden), null, 2) : "";
}

export function maskHeaders(json) {
  const { value } = readObject(json);
  if (!value) return "";
  const open = Object.entries(value).filter(([name]) => !isSecret(name));
  return open.length ? JSON.stringify(Object.fromEntries(open), null, 2) : "";
}

function masked(value, hidden) {
  if (Array.isArray(value)) return value.map((item) => masked(item, hidden));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([name, item]) => [name, hidden(name) ? MASK : masked(item, hidden)]);
  return Object.fromEntries(entries);
}

/** Names like `$pw` in `password: $pw`. */
function secretVariables({ tokens }) {
  const uses = tokens.filter((token) => token.kind === "variable" && isSecret(nameBefore(tokens, token.index, new Set())));
  return new Set(uses.map((token) => token.text));
}

/**
 * The name a value was given to: the argument of `password: "…"` and of `passwords: ["…"]`, the variable of
 * `$password: String = "…"`. A variable known to be secret answers with a name that says so.
 */
function nameBefore(tokens, index, secrets) {
  for (let at = index - 1; at > 0; at -= 1) {
    const { text } = tokens[at];
    if (text === ":") {
      const name = tokens[at - 1].text;
      return secrets.has(name) ? "secret" : name;
    }
    if ("(){}".includes(text)) return "";
  }
  return "";
}
