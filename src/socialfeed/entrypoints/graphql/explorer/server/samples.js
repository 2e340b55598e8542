/** Real values for the variables of the examples: a post to like is one that the viewer can see. */

import { ask } from "./transport.js";

const POSTS = "items { id commentsCount author { id username } }";
const FEED = `query SampleFeed { me { id } userFeed(page: 1, itemsPerPage: 20) { ${POSTS} } }`;
const TRENDING = `query SampleTrending { me { id } trendingPosts(page: 1, itemsPerPage: 20) { ${POSTS} } }`;
const COMMENT = "query SampleComment($postId: ID!) { comments(postId: $postId, first: 1) { nodes { id } } }";

const ME = "query SampleMe { me { id } }";
const LISTS = "query SampleLists { lists(first: 1) { nodes { id } } }";
const OWN = "query SampleOwn($userId: ID!) { postsByUser(userId: $userId, itemsPerPage: 1) { items { id } } }";

/** Asks as little as it can: only for what an example needs, and once for each who is signed in. */
export class Samples {
  #posts = null;
  #own = null;

  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
    session.addEventListener("change", () => (this.#posts = this.#own = null));
    const number = Math.floor(1000 + Math.random() * 9000);
    this.newcomer = { username: `reader${number}`, email: `reader${number}@example.com` };
  }

  /**
   * Values for the variables of an operation that have no default; "" where there is none to give.
   *
   * @param {object} operation  as the parser has it
   * @returns {Promise<Record<string, unknown>>}
   */
  async fill(operation) {
    const values = {};
    for (const variable of operation.variables.filter((each) => !each.default)) {
      const name = variable.name.text.slice(1);
      values[name] = (await this.#value(name)) ?? this.newcomer[name] ?? "";
    }
    return values;
  }

  async #value(name) {
    if (!["postId", "ownPostId", "userId", "commentId", "parentId", "listId"].includes(name)) return null;
    try {
      if (name === "ownPostId") return await this.#ownPost();
      if (name === "listId") return await this.#ownList();
      const { viewer, posts } = await (this.#posts ??= this.#ask());
      if (name === "userId") return posts.find(({ author }) => author.id !== viewer)?.author.id;
      // A reply and the comment it answers must stand under the same post: all examples take the same one.
      const post = posts.find(({ commentsCount }) => commentsCount > 0) ?? posts[0];
      return name === "postId" ? post?.id : await this.#commentOn(post);
    } catch {
      this.#posts = null;
      return null;
    }
  }

  async #ask() {
    const { token } = this.session;
    const feed = token ? await data(FEED, {}, token) : null;
    const posts = feed?.userFeed?.items ?? [];
    if (posts.length > 0) return { viewer: feed.me?.id, posts };
    const trending = await data(TRENDING, {}, token);
    return { viewer: trending?.me?.id, posts: trending?.trendingPosts?.items ?? [] };
  }

  /** Asked anew each time: what is the viewer's own comes and goes. */
  async #ownPost() {
    const { token } = this.session;
    const id = token ? (await data(ME, {}, token))?.me?.id : null;
    const posts = id ? (await data(OWN, { userId: id }, token))?.postsByUser?.items : null;
    // One that was just deleted is still the one to bring back.
    return (this.#own = posts?.[0]?.id ?? this.#own);
  }

  /** As with posts. There is one as soon as one was made. */
  async #ownList() {
    const { token } = this.session;
    return token ? (await data(LISTS, {}, token))?.lists?.nodes?.[0]?.id : null;
  }

  async #commentOn(post) {
    if (!post) return null;
    const answer = await data(COMMENT, { postId: post.id }, this.session.token);
    return answer?.comments?.nodes?.[0]?.id;
  }
}

async function data(document, variables, token) {
  const answer = await ask({ document, variables }, { token });
  return answer.body?.data;
}
