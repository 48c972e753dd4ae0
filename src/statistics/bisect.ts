/** Halvings after which a result of ordinary size gains no more digits. */
const HALVINGS = 55;

/** The point between low and high where `before` changes from true to false. */
export function bisect(low: number, high: number, before: (x: number) => boolean): number {
  let [from, to] = [low, high];
  for (let i = 0; i < HALVINGS; i += 1) {
    const middle = (from + to) / 2;
    if (before(middle)) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}
