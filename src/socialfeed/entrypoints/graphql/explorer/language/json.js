/** JSON as an editor needs it: coloured, and checked with a message that says where and what. */

const LEXEME = /(?<space>\s+)|(?<string>"(?:\\.|[^"\\\n])*"?)|(?<number>-?\d[\d.eE+-]*)|(?<word>[A-Za-z_]\w*)|(?<punctuation>[{}[\],:])|(?<bad>[^])/gu;
const WORDS = { true: "boolean", false: "boolean", null: "null" };

/**
 * The text's tokens without the space between them; an object's keys have the role `key`.
 *
 * @returns {{start: number, end: number, text: string, role: string}[]}
 */
export function tokenizeJson(text) {
  const tokens = [];
  for (const match of text.matchAll(LEXEME)) {
    const [kind, lexeme] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    if (kind === "space") continue;
    const role = kind === "word" ? WORDS[lexeme] ?? "bad" : kind;
    if (lexeme === ":" && tokens.at(-1)?.role === "string") tokens.at(-1).role = "key";
    tokens.push({ start: match.index, end: match.index + lexeme.length, text: lexeme, role });
  }
  return tokens;
}

class JsonProblem extends Error {
  constructor(token, message) {
    super(message);
    this.token = token;
  }
}

/**
 * Reads a JSON object; no text at all is an empty one.
 *
 * @param {string} text
 * @returns {{value: object, problem: null} | {value: null, problem: {start: number, end: number, message: string}}}
 */
export function readObject(text) {
  if (!text.trim()) return { value: {}, problem: null };
  const tokens = tokenizeJson(text);
  const end = { start: text.length, end: text.length, text: "", role: "end" };
  try {
    const last = value(tokens, 0, end);
    if (last < tokens.length) throw new JsonProblem(tokens[last], "Nothing may follow the closing brace.");
    if (tokens[0].text !== "{") throw new JsonProblem(tokens[0], "Write an object: { \"name\": value }.");
    return { value: JSON.parse(text), problem: null };
  } catch (error) {
    const { start, end: stop } = error.token ?? { start: 0, end: text.length };
    return { value: null, problem: { start, end: stop, message: `Line ${lineOf(text, start)}: ${error.message}` } };
  }
}

export const lineOf = (text, offset) => text.slice(0, offset).split("\n").length;

/** Checks the value that starts at `at`; the answer is the index behind it. */
function value(tokens, at, end) {
  const token = tokens[at] ?? end;
  if (token.text === "{") return list(tokens, at, "}", end, member);
  if (token.text === "[") return list(tokens, at, "]", end, value);
  if (token.role === "end") throw new JsonProblem(token, "A value is missing at the end.");
  if (token.role === "bad" || token.role === "punctuation") throw new JsonProblem(token, notAValue(token.text));
  checkScalar(token);
  return at + 1;
}

function checkScalar(token) {
  try {
    JSON.parse(token.text);
  } catch {
    const isOpen = token.role !== "number" && !/^"(?:\\.|[^"\\])*"$/.test(token.text);
    throw new JsonProblem(token, isOpen ? "This string is not closed." : `${token.text} is not valid JSON.`);
  }
}

function notAValue(text) {
  if (text === "'") return "Strings stand in double quotes.";
  if (/^\w/.test(text)) return `Put ${text} in double quotes.`;
  return `A value was expected instead of ${text}`;
}

function list(tokens, open, closing, end, item) {
  let at = open + 1;
  if (tokens[at]?.text === closing) return at + 1;
  for (;;) {
    at = item(tokens, at, end);
    const token = tokens[at] ?? end;
    if (token.text === closing) return at + 1;
    if (token.role === "end") throw new JsonProblem(tokens[open], `This “${tokens[open].text}” is not closed.`);
    if (token.text !== ",") throw new JsonProblem(token, `A comma is missing before ${token.text}`);
    at += 1;
    if (tokens[at]?.text === closing) throw new JsonProblem(token, `No comma may stand before the closing ${closing}`);
  }
}

function member(tokens, at, end) {
  const key = tokens[at] ?? end;
  if (key.role === "end") throw new JsonProblem(key, "A closing brace is missing.");
  if (key.role !== "key" && key.role !== "string") throw new JsonProblem(key, "Names stand in double quotes: \"name\".");
  checkScalar(key);
  const colon = tokens[at + 1] ?? end;
  if (colon.text !== ":") throw new JsonProblem(key, `A colon must follow ${key.text}.`);
  return value(tokens, at + 2, end);
}
