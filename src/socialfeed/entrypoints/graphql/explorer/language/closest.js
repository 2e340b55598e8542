/**
 * The number of insertions, deletions, replacements and swaps of neighbours that turn `one` into `other`
 * (optimal string alignment distance).
 */
function distance(one, other) {
  let before = [];
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let line = 1; line <= one.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[line - 1] === other[column - 1];
      next[column] = Math.min(row[column] + 1, next[column - 1] + 1, row[column - 1] + (same ? 0 : 1));
      if (line > 1 && column > 1 && one[line - 1] === other[column - 2] && one[line - 2] === other[column - 1]) {
        next[column] = Math.min(next[column], before[column - 2] + 1);
      }
    }
    [before, row] = [row, next];
  }
  return row[other.length];
}

/** The name that `word` was probably meant to be, or null when none is near. */
export function closest(word, names) {
  const allowed = Math.max(1, Math.floor(word.length * 0.4));
  const near = names
    .map((name) => ({ name, far: distance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ far }) => far <= allowed)
    .sort((one, other) => one.far - other.far);
  return near[0]?.name ?? null;
}
