/** GitHub has one label, and one person, however the letters of the name are written. */
export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
