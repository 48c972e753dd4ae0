/**
 * Draw until the result is new, so that no two facts of a suite are the same.
 * @param seen the keys of earlier results; the key of the new one is added
 * @param draw returns undefined if a draw failed
 */
export function drawNew<T>(seen: Set<string>, draw: () => T | undefined, keyOf: (drawn: T) => string): T {
  for (;;) {
    const drawn = draw();
    if (drawn === undefined || seen.has(keyOf(drawn))) continue;
    seen.add(keyOf(drawn));
    return drawn;
  }
}
