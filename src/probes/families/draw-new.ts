/**
 * Draw until something comes that has not been there: no two facts of a suite are alike.
 * @param seen keys of what has been there; the new one's is added
 * @param draw undefined where a draw came to nothing
 */
export function drawNew<T>(seen: Set<string>, draw: () => T | undefined, keyOf: (drawn: T) => string): T {
  for (;;) {
    const drawn = draw();
    if (drawn === undefined || seen.has(keyOf(drawn))) continue;
    seen.add(keyOf(drawn));
    return drawn;
  }
}
