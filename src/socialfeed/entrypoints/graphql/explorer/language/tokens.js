/**
 * Cuts GraphQL text into tokens (GraphQL specification, section 2.1). Never fails: what the grammar does not know
 * becomes a token of kind `bad`, an unclosed string reaches to the end of its line or of the text.
 *
 * Three liberties make editing easier: `$name` and `@name` are one token each, and `$` or `@` alone is one too.
 *
 * @typedef {"name"|"variable"|"directive"|"string"|"block"|"number"|"punctuator"|"bad"|"end"} Kind
 * @typedef {{
 *   kind: Kind, index: number, start: number, end: number, text: string, comments: Comment[],
 *   role: string, meaning?: object,
 * }} Token  `role` is the colour (the parser sets it), `meaning` what the schema knows (the checker sets it).
 * @typedef {{start: number, end: number, text: string, trailing: boolean}} Comment
 */

const LEXEME = new RegExp(
  [
    /(?<space>[\s,\uFEFF]+)/,
    /(?<comment>#[^\n\r]*)/,
    /(?<name>[_A-Za-z]\w*)/,
    /(?<variable>\$(?:[_A-Za-z]\w*)?)/,
    /(?<directive>@(?:[_A-Za-z]\w*)?)/,
    /(?<block>"""(?:\\"""|[^])*?(?:"""|$))/,
    /(?<string>"(?:\\[^\n\r]|[^"\\\n\r])*"?)/,
    /(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/,
    /(?<punctuator>\.\.\.|[!&():=[\]{|}])/,
    /(?<bad>[^])/,
  ].map((part) => part.source).join("|"),
  "gu",
);

const ROLES = { variable: "variable", directive: "directive", block: "string", string: "string", number: "number", bad: "bad" };

/**
 * The tokens of `text`, closed by one of kind `end`. A comment belongs to the token after it, unless it stands at
 * the end of a line: then it is `trailing` and belongs to the token before it.
 *
 * @param {string} text
 * @returns {Token[]}
 */
export function tokenize(text) {
  /** @type {Token[]} */
  const tokens = [];
  /** @type {Comment[]} */
  let waiting = [];
  let lineBroken = true;
  const add = (kind, start, lexeme) => {
    const role = ROLES[kind] ?? "punctuation";
    const [index, end] = [tokens.length, start + lexeme.length];
    tokens.push({ kind, index, start, end, text: lexeme, comments: waiting, role });
    waiting = [];
    lineBroken = false;
  };
  for (const match of text.matchAll(LEXEME)) {
    const [kind, lexeme] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    if (kind === "space") {
      lineBroken ||= /[\n\r]/.test(lexeme);
    } else if (kind === "comment") {
      const comment = { start: match.index, end: match.index + lexeme.length, text: lexeme, trailing: !lineBroken };
      if (comment.trailing) tokens.at(-1).comments.push(comment);
      else waiting.push(comment);
    } else {
      add(kind, match.index, lexeme);
    }
  }
  add("end", text.length, "");
  return tokens;
}

const PAIRS = { "{": "}", "(": ")", "[": "]" };

/**
 * The bracket beside `offset` and its partner, as two tokens; null where there is none.
 *
 * @param {Token[]} tokens
 * @returns {[Token, Token] | null}
 */
export function bracketsAt(tokens, offset) {
  const open = [];
  for (const token of tokens) {
    if (token.kind !== "punctuator") continue;
    if (token.text in PAIRS) {
      open.push(token);
    } else if (Object.values(PAIRS).includes(token.text)) {
      const partner = open.pop();
      if (!partner || PAIRS[partner.text] !== token.text) return null;
      if ([partner, token].some((each) => each.start === offset || each.end === offset)) return [partner, token];
    }
  }
  return null;
}
