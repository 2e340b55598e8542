"""Files that people upload, and pictures of other servers."""
