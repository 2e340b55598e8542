/** Ready operations. They live in `examples/*.graphql`: above each stands its title and, below that, a word on it. */

import { fill, h } from "../dom.js";
import { parse } from "../language/parse.js";

const GROUPS = [
  ["Feed", "feed.graphql"],
  ["Posts", "posts.graphql"],
  ["Drafts", "drafts.graphql"],
  ["Comments & reactions", "reactions.graphql"],
  ["Bookmarks & pins", "keeping.graphql"],
  ["Search", "search.graphql"],
  ["Media", "media.graphql"],
  ["Graph", "graph.graphql"],
  ["Lists", "lists.graphql"],
  ["Identity", "identity.graphql"],
  ["Account", "account.graphql"],
  ["Administration", "administration.graphql"],
];

/**
 * @typedef {{title: string, note: string, document: string, keyword: string}} Example
 * @returns {Promise<{title: string, examples: Example[]}[]>}
 */
export async function loadExamples() {
  return Promise.all(GROUPS.map(async ([title, file]) => {
    const response = await fetch(`/explorer/examples/${file}`);
    return { title, examples: response.ok ? readExamples(await response.text()) : [] };
  }));
}

/** @returns {Example[]} */
export function readExamples(text) {
  return parse(text).operations.map(({ first, last, keyword }) => {
    const [title, ...note] = first.comments.map((comment) => comment.text.replace(/^#\s*/, ""));
    return { title, note: note.join(" "), document: text.slice(first.start, last.end), keyword };
  });
}

/** Shows the groups; `onChoose` gets the example. Answers a function that marks one as the present one. */
export function showExamples(place, groups, onChoose) {
  const buttons = new Map();
  fill(place, groups.map((group) => h("section", { class: "group" },
    h("h3", {}, group.title),
    h("ul", { role: "list" }, group.examples.map((example) => {
      const button = h("button", { type: "button", class: "entry", title: example.note || null, onclick: () => onChoose(example) },
        h("span", { class: `kind is-${example.keyword}`, title: example.keyword }, example.keyword[0].toUpperCase()),
        h("span", {}, example.title));
      buttons.set(example, button);
      return h("li", {}, button);
    })))));
  return (example) => buttons.forEach((button, each) => {
    if (each === example) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  });
}
