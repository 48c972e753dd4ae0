/** The words of some lines: a list of names that is too long for one. */
export function words(...lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split(' '));
}
