const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

/** The first key that an object of valid JSON has twice: readers differ in which of the two they keep. */
export function repeatedKey(json: Uint8Array): string | null {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
  /** The keys of open objects, and null for open lists. */
  const open: Array<Set<string> | null> = [];
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (byte === OPEN_OBJECT) open.push(new Set());
    else if (byte === OPEN_LIST) open.push(null);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) open.pop();
    if (byte !== QUOTE) continue;
    const end = endOfString(bytes, i + 1);
    const keys = open.at(-1);
    if (keys && isKey(bytes, end + 1)) {
      const key = JSON.parse(bytes.toString('utf8', i, end + 1)) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
    i = end;
  }
  return null;
}

function endOfString(bytes: Buffer, start: number): number {
  let i = start;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}

/** Does a colon follow, after spaces? */
function isKey(bytes: Buffer, start: number): boolean {
  let i = start;
  while (bytes[i] === 0x20 || bytes[i] === 0x0a || bytes[i] === 0x0d || bytes[i] === 0x09) i += 1;
  return bytes[i] === COLON;
}
