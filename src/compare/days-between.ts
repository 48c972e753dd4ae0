const MILLISECONDS_OF_A_DAY = 86_400_000;

/** Days from one time to another, both as measurements have them; NaN if one cannot be read. */
export function daysBetween(before: string, after: string): number {
  return (Date.parse(after) - Date.parse(before)) / MILLISECONDS_OF_A_DAY;
}
