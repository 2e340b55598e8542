// urql: automatic persisted queries by GET, a connection paged, mutations, and a file by the multipart specification.
import assert from 'node:assert/strict';
import { Client, cacheExchange, fetchExchange, gql } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { token, url, watched } from './wire.mjs';

const wire = watched();
const authorization = `Bearer ${await token()}`;

function connected(headers) {
  return new Client({
    url,
    preferGetMethod: false,
    exchanges: [cacheExchange, persistedExchange(), fetchExchange],
    fetch: wire.fetch,
    fetchOptions: { headers: { 'graphql-preflight': '1', ...headers } },
  });
}

const client = connected({ authorization });
const fresh = { requestPolicy: 'network-only' };
const salt = `urql${process.pid}`; // An operation that no run before this one has registered.

const POSTS = gql`
  query ${salt}($user: ID!, $first: Int!, $after: String) {
    userPosts(userId: $user, first: $first, after: $after) {
      edges { cursor node { id content createdAt } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

const { data: own } = await client.query('{ me { id username } }', {});
assert.equal(own.me.username, 'demo');
wire.sent();

async function page(variables) {
  const { data, error } = await client.query(POSTS, { user: own.me.id, ...variables }, fresh);
  assert.equal(error, undefined);
  return data.userPosts;
}

const CREATE = gql`
  mutation Create($content: String!) {
    createPost(content: $content) { success message post { id content author { username } } errors { code field } }
  }
`;
const written = [];
for (const content of ['One, by urql', 'Two, by urql', 'Three, by urql']) {
  const { data } = await client.mutation(CREATE, { content });
  assert.deepEqual([data.createPost.post.content, data.createPost.post.author.username], [content, 'demo']);
  written.unshift(data.createPost.post.id);
}
assert.deepEqual(wire.sent(), ['POST text', 'POST text', 'POST text'], 'mutations come as text, by POST');

const first = await page({ first: 2 });
assert.deepEqual(wire.sent(), ['GET hash', 'GET text hash'], 'an unknown hash is sent again with its text');
const second = await page({ first: 2, after: first.pageInfo.endCursor });
assert.deepEqual(wire.sent(), ['GET hash'], 'from then on the hash is enough');
assert.equal(first.pageInfo.hasNextPage, true);
const read = [...first.edges, ...second.edges].map((edge) => edge.node.id);
assert.deepEqual(read.slice(0, 3), written);
assert.deepEqual(read, (await page({ first: 4 })).edges.map((edge) => edge.node.id));

const DELETE = gql`
  mutation Delete($post: ID!) {
    deletePost(postId: $post) { success }
  }
`;
for (const post of written) {
  assert.equal((await client.mutation(DELETE, { post })).data.deletePost.success, true);
}
assert.ok((await page({ first: 1 })).edges.every((edge) => !written.includes(edge.node.id)));

const empty = await client.mutation(CREATE, { content: '' });
assert.deepEqual(
  empty.data.createPost.errors.map(({ code, field }) => [code, field]),
  [['TOO_SHORT', 'content']],
);
const nobody = await connected({}).query('{ sessions { id } }', {});
assert.equal(nobody.error.graphQLErrors[0].extensions.code, 'UNAUTHENTICATED');
wire.sent();

const PIXEL = 'R0lGODlhAQABAIAAAAAAAP///yH5BAAAAAAALAAAAAABAAEAAAIBRAA7';
const UPLOAD = gql`
  mutation Upload($file: Upload!) {
    uploadMedia(file: $file, altText: "A dot") { success message media { id altText } errors { code } }
  }
`;
const file = new Blob([Buffer.from(PIXEL, 'base64')], { type: 'image/gif' });
const uploaded = await client.mutation(UPLOAD, { file });
assert.deepEqual(wire.sent(), ['POST text file']);
assert.equal(uploaded.data.uploadMedia.media.altText, 'A dot');
console.log('urql: persisted queries, pages, mutations, a file and errors are as they should be.');
