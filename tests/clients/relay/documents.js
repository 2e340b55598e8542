// What relay-compiler reads; what it makes of each lies in __generated__.
import { graphql } from 'relay-runtime';

graphql`
  fragment documentsPost on Post {
    id
    content
    likesCount
    isLiked
    author { id username }
  }
`;

graphql`
  query documentsFeedQuery($first: Int!, $after: String) {
    homeFeed(first: $first, after: $after) @connection(key: "documents_homeFeed") {
      edges { node { id ...documentsPost } }
    }
  }
`;

graphql`
  mutation documentsToggleMutation($post: ID!) {
    toggleLike(postId: $post) { success post { ...documentsPost } errors { code field } }
  }
`;
