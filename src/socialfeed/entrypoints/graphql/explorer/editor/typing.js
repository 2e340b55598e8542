/** What a code editor does while one types: indents new lines and closes brackets. Tab still leaves the field. */

const PAIRS = { "{": "}", "(": ")", "[": "]", '"': '"' };
const OPENING = "{([";
const CLOSING = "})]";
const INDENT = "  ";

/** @param {import("./codearea.js").CodeArea} area */
export function helpTyping(area) {
  area.textarea.addEventListener("beforeinput", (event) => {
    if (area.isReplacing || event.isComposing) return;
    const isHandled = ACTIONS[event.inputType]?.(area, event.data);
    if (isHandled) event.preventDefault();
  });
}

const ACTIONS = { insertText: typed, insertLineBreak: lineBreak, insertParagraph: lineBreak, deleteContentBackward: erase };

function around(area) {
  const { value, selectionStart: start, selectionEnd: end } = area.textarea;
  return { value, start, end, before: value[start - 1] ?? "", after: value[end] ?? "" };
}

function typed(area, character) {
  const { value, start, end, before, after } = around(area);
  if (start === end && character === after && (CLOSING + '"').includes(character)) {
    area.textarea.setSelectionRange(end + 1, end + 1);
    return true;
  }
  if (CLOSING.includes(character) && isBlank(value, start) && start === end) return outdent(area, character);
  if (!(character in PAIRS)) return false;
  const isQuoteInWord = character === '"' && /[\w"]/.test(before);
  if (isQuoteInWord || !/^[\s)\]},]?$/.test(after)) return false;
  area.replace(start, end, character + value.slice(start, end) + PAIRS[character], 1 + end - start);
  return true;
}

/** Indents like the line above, one step more behind an opening bracket, whose partner moves to a line of its own. */
function lineBreak(area) {
  const { value, start, end, before, after } = around(area);
  const indent = /^[ \t]*/.exec(value.slice(lineStart(value, start), start))[0];
  if (!indent && !OPENING.includes(before || " ")) return false;
  const inner = before && OPENING.includes(before) ? indent + INDENT : indent;
  const rest = before && after && PAIRS[before] === after ? `\n${indent}` : "";
  area.replace(start, end, `\n${inner}${rest}`, 1 + inner.length);
  return true;
}

/** A closing bracket alone on its line steps back one level, or on to the one that was put there for it. */
function outdent(area, character) {
  const { value, start } = around(area);
  const from = lineStart(value, start);
  const waiting = new RegExp(`^[ \\t]*\\n[ \\t]*\\${character}`).exec(value.slice(start))?.[0];
  if (waiting && isBalanced(value, character)) {
    area.replace(from, start + waiting.length, waiting.slice(waiting.indexOf("\n") + 1));
    return true;
  }
  if (start - from < INDENT.length) return false;
  area.replace(start - INDENT.length, start, character);
  return true;
}

/** Erasing an opening bracket takes its partner along when nothing stands between them. */
function erase(area) {
  const { start, end, before, after } = around(area);
  if (start !== end || !after || PAIRS[before] !== after) return false;
  area.replace(start - 1, start + 1, "");
  return true;
}

const isBalanced = (value, closing) => {
  const opening = OPENING[CLOSING.indexOf(closing)];
  return value.split(opening).length === value.split(closing).length;
};

const lineStart = (value, offset) => value.lastIndexOf("\n", offset - 1) + 1;

const isBlank = (value, offset) => /^[ \t]*$/.test(value.slice(lineStart(value, offset), offset));
