/** Sorts sequences of tokens so that common beginnings are adjacent. */
export function compareTokens(a: readonly number[], b: readonly number[]): number {
  const shared = sharedLength(a, b);
  // A sequence comes before its own extensions.
  return (a[shared] ?? -1) - (b[shared] ?? -1);
}

/** How many tokens two sequences begin with in common. */
export function sharedLength(a: readonly number[], b: readonly number[]): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a[length] === b[length]) length += 1;
  return length;
}
