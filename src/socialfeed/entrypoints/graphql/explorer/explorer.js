/** Puts the page together: who tells whom. */

import { announce, copy, isMac } from "./dom.js";
import { GraphQLEditor } from "./editor/graphql.js";
import { JsonEditor } from "./editor/json.js";
import { compose } from "./language/compose.js";
import { parse } from "./language/parse.js";
import { showAccount } from "./panes/account.js";
import { loadExamples, showExamples } from "./panes/examples.js";
import { History } from "./panes/history.js";
import { setUpLayout } from "./panes/layout.js";
import { OperationPicker } from "./panes/picker.js";
import { ReferencePane } from "./panes/reference.js";
import { ResultPane } from "./panes/result.js";
import { makeTabs } from "./panes/tabs.js";
import { introspect } from "./server/introspect.js";
import { Samples } from "./server/samples.js";
import { DEMO, Session } from "./server/session.js";
import { execute } from "./server/transport.js";

const find = (id) => document.getElementById(id);

const session = new Session();
const samples = new Samples(session);
const layout = setUpLayout();
const editor = new GraphQLEditor({ onLookUp: lookUp });
const variables = new JsonEditor({ label: "Variables, as JSON", id: "variables", placeholder: 'None yet. For example { "postId": "…" }' });
const headers = new JsonEditor({
  label: "Request headers, as JSON", id: "headers", placeholder: 'None of your own. For example { "Accept-Language": "es" }', check: headersProblem,
});
const picker = new OperationPicker(find("operation-picker"));
const result = new ResultPane(
  { facts: find("facts"), actions: find("result-actions"), problems: find("problems"), body: find("answer"), headers: find("answer-headers") },
  { onGoTo: goTo, onSignIn: signInAndRun },
);
const reference = new ReferencePane(
  { search: find("schema-search"), back: find("schema-back"), content: find("schema-content") },
  { onCompose: tryField, onRetry: readSchema },
);
const history = new History(find("history"), openEntry);
const libraryTabs = makeTabs(find("library-tabs"));
const inputTabs = makeTabs(find("input-tabs"));

let schema = null;
let running = null;
let markExample = () => {};

find("operation-editor").replaceWith(editor.element);
find("variables").append(variables.element);
find("headers").append(headers.element);
libraryTabs.select("examples");
inputTabs.select("variables");
showAccount(find("account"), find("sign-in"), session);

editor.addEventListener("change", () => picker.show(editor.document.operations));
editor.addEventListener("caret", () => picker.follow(editor.operationAtCaret));
for (const [input, tab] of [[variables, "variables-tab"], [headers, "headers-tab"]]) {
  input.addEventListener("change", () => {
    find(tab).classList.toggle("is-used", Boolean(input.text.trim()));
    find(tab).classList.toggle("is-wrong", Boolean(input.problem));
  });
}

find("run").addEventListener("click", () => (running ? running.abort() : run()));
find("prettify").addEventListener("click", () => {
  if (!editor.prettify()) announce("The operation has a mistake: it cannot be laid out.");
});
find("copy-operation").addEventListener("click", (event) => copy(editor.value, event.currentTarget));
find("run-keys").textContent = isMac ? "⌘ ↵" : "Ctrl ↵";
find("search-keys").textContent = isMac ? "⌘ K" : "Ctrl K";
document.addEventListener("keydown", (event) => {
  if (!(isMac ? event.metaKey : event.ctrlKey) || find("sign-in").open) return;
  if (event.key === "Enter") {
    event.preventDefault();
    run();
  } else if (event.key === "k") {
    event.preventDefault();
    layout.show("reference");
    find("schema-search").focus();
  }
});

readSchema();
showLibrary();

async function showLibrary() {
  const groups = await loadExamples();
  markExample = showExamples(find("examples"), groups, (example) => {
    openExample(example);
    layout.show("operation");
  });
  const first = groups[0]?.examples[0];
  if (first && !editor.value) await openExample(first);
}

async function readSchema() {
  reference.waiting();
  const answer = await introspect();
  schema = answer.schema;
  if (schema) {
    editor.schema = schema;
    reference.schema = schema;
  } else {
    reference.missing(answer.reason);
  }
}

async function openExample(example) {
  showNote(example.title, example.note);
  load(example.document);
  markExample(example);
  await fillVariables();
}

function openEntry(entry) {
  showNote("", "");
  load(entry.document, entry.variables, entry.headers);
  picker.choose(entry.operationName);
  layout.show("operation");
}

function tryField(keyword, field) {
  showNote(field.name, field.description ?? "");
  load(compose(schema, keyword, field));
  layout.show("operation");
  fillVariables();
}

function load(text, variablesText = "", headersText = headers.text) {
  editor.load(text);
  variables.load(variablesText);
  headers.load(headersText);
  picker.show(editor.document.operations);
  markExample(null);
}

/** Real values for what was just loaded, unless the reader has moved on by the time they are here. */
async function fillVariables() {
  const text = editor.value;
  const [operation] = parse(text).operations;
  if (!operation?.variables.length) return;
  const values = await samples.fill(operation);
  if (editor.value !== text || variables.text) return;
  variables.load(JSON.stringify(values, null, 2));
  inputTabs.select("variables");
}

function showNote(title, note) {
  find("note").hidden = !title;
  find("note-title").textContent = title;
  find("note-text").textContent = note;
}

async function run() {
  running?.abort();
  const problem = [["variables", variables], ["headers", headers]].find(([, input]) => input.problem);
  if (problem) {
    inputTabs.select(problem[0]);
    problem[1].area.textarea.focus();
    announce(problem[1].problem.message);
    return;
  }
  const controller = new AbortController();
  const request = {
    document: editor.value, variables: variables.value, operationName: picker.operationName, headers: headers.value,
  };
  const sent = { document: editor.value, variables: variables.text, headers: headers.text, operationName: request.operationName };
  const { token } = session;
  running = controller;
  showRunning(true);
  result.running();
  layout.show("result");
  try {
    for await (const answer of execute(request, { token, signal: controller.signal })) {
      const isRefused = isUnauthenticated(answer) && !hasOwnToken(request.headers);
      if (isRefused && token && token === session.token) session.signOut("The server no longer takes this token.");
      result.show(answer, { offersSignIn: isRefused && !session.isSignedIn });
      history.add({ ...sent, status: answer.status, milliseconds: answer.milliseconds, hasErrors: Boolean(answer.body?.errors) });
    }
  } catch (error) {
    if (running !== controller) return;
    if (error.name === "AbortError") result.stopped();
    else result.failed(error.message);
  } finally {
    if (running === controller) {
      running = null;
      showRunning(false);
    }
  }
}

async function signInAndRun() {
  const refusal = await session.signIn(DEMO.username, DEMO.password).catch((error) => error.message);
  if (refusal) result.failed(refusal);
  else await run();
}

function showRunning(isRunning) {
  find("run").classList.toggle("is-running", isRunning);
  find("run-label").textContent = isRunning ? "Stop" : "Run";
}

function lookUp(target) {
  layout.show("reference");
  reference.open(target);
}

function goTo(line, column) {
  const before = editor.value.split("\n").slice(0, line - 1).join("\n").length;
  layout.show("operation");
  editor.area.select(before + (line > 1 ? 1 : 0) + column - 1);
}

const isUnauthenticated = ({ status, body }) =>
  status === 401 || Boolean(body?.errors?.some?.((error) => error.extensions?.code === "UNAUTHENTICATED"));

const hasOwnToken = (each) => Object.keys(each ?? {}).some((name) => name.toLowerCase() === "authorization");

/** What is wrong with the headers, as a sentence, or null. */
function headersProblem(value) {
  for (const [name, content] of Object.entries(value)) {
    if (typeof content !== "string") return `The value of ${name} must be a string.`;
    try {
      new Headers([[name, content]]);
    } catch {
      return `${name} cannot be sent as a header.`;
    }
  }
  return null;
}
