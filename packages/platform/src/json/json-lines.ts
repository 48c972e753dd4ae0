/** Longer lines, indentation included, are split. */
const WIDTH = 120;

/** Readable JSON that is not much larger than without white space: values that fit, and rows, take one line. */
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

/** The rest of `room` characters after a value as JSON; negative if it does not fit. */
function roomLeft(value: unknown, room: number): number {
  if (room < 0 || value === undefined) return room;
  if (typeof value === 'string') return room < value.length ? -1 : room - JSON.stringify(value).length;
  if (typeof value !== 'object' || value === null) return room - String(value).length;
  let left = room - 2;
  for (const [key, own] of Object.entries(value)) {
    if (left < 0) return left;
    left = roomLeft(own, left - 1 - (Array.isArray(value) ? 0 : key.length + 3));
  }
  return left;
}
