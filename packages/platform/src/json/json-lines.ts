/** Characters of a line, indentation included, from which on a value is spread over several lines. */
const WIDTH = 120;

/**
 * JSON that a person can read and that is not much larger than without white space: what fits into a line stands in
 * one, as do the entries of a list of lists, and a list of numbers however long it is. Numbers are written as
 * `JSON.stringify` does.
 * @returns lines without a line end behind the last one
 */
export function jsonLines(value: unknown): string {
  return write(value, '');
}

function write(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null || roomLeft(value, WIDTH - indent.length) >= 0) {
    return JSON.stringify(value);
  }
  const inner = `${indent} `;
  if (Array.isArray(value)) {
    const entries: readonly unknown[] = value;
    if (entries.every((entry) => typeof entry !== 'object' && typeof entry !== 'string')) return JSON.stringify(value);
    const areRows = entries.every(Array.isArray);
    const lines = entries.map((entry) => `${inner}${areRows ? JSON.stringify(entry) : write(entry ?? null, inner)}`);
    return `[\n${lines.join(',\n')}\n${indent}]`;
  }
  const lines = Object.entries(value)
    .filter(([, own]) => own !== undefined)
    .map(([key, own]) => `${inner}${JSON.stringify(key)}: ${write(own, inner)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

/** What is left of so many characters after a value as JSON; negative as soon as they do not suffice. */
function roomLeft(value: unknown, room: number): number {
  if (room < 0 || value === undefined) return room;
  if (typeof value === 'string') return room < value.length ? -1 : room - JSON.stringify(value).length;
  if (typeof value !== 'object' || value === null) return room - String(value).length;
  // Brackets, and a comma for each entry.
  let left = room - 2;
  for (const [key, own] of Object.entries(value)) {
    if (left < 0) return left;
    left = roomLeft(own, left - 1 - (Array.isArray(value) ? 0 : key.length + 3));
  }
  return left;
}
