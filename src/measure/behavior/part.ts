import { createHash } from 'node:crypto';
import { type BehaviorValues, MAX_SHOWN } from '../schema/behavior.ts';

/** A longer value is shown as the beginning of its digest, and a longer key not at all. */
const MAX_LENGTH = 64;
const SHORT_DIGEST = 16;

/** One part from its keys, sections or files; null if there are none. */
export function readBehaviorValues(record: Readonly<Record<string, unknown>>): BehaviorValues | null {
  const known = Object.keys(record)
    .filter((key) => record[key] !== undefined && record[key] !== null)
    .sort();
  if (known.length === 0) return null;
  const all = createHash('sha256');
  const values: Array<[key: string, value: string]> = [];
  for (const key of known) {
    const canonical = new HashedText();
    write(record[key], canonical);
    const { text, digest } = canonical.end();
    all.update(JSON.stringify([key, digest]));
    if (key.length > MAX_LENGTH || key === '__proto__' || values.length >= MAX_SHOWN) continue;
    values.push([key, text ?? `sha256:${digest.slice(0, SHORT_DIGEST)}…`]);
  }
  return { digest: `sha256:${all.digest('hex')}`, keys: known.length, values: Object.fromEntries(values) };
}

/** Writes canonical JSON: keys in order. A vocabulary has millions of entries, so nothing is copied. */
function write(value: unknown, to: HashedText): void {
  if (Array.isArray(value)) {
    to.add('[');
    value.forEach((item, i) => {
      if (i > 0) to.add(',');
      write(item, to);
    });
    to.add(']');
  } else if (typeof value === 'object' && value !== null) {
    const object = value as Readonly<Record<string, unknown>>;
    to.add('{');
    Object.keys(object)
      .sort()
      .forEach((key, i) => {
        to.add(`${i > 0 ? ',' : ''}${JSON.stringify(key)}:`);
        write(object[key], to);
      });
    to.add('}');
    // JSON has no NaN, which Python reads.
  } else to.add(typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'null'));
}

/** Characters that are hashed at once. */
const CHUNK = 64 * 1024;

class HashedText {
  readonly #hash = createHash('sha256');
  #pending = '';
  #isShort = true;

  add(text: string): void {
    this.#pending += text;
    if (this.#pending.length < CHUNK) return;
    this.#hash.update(this.#pending);
    this.#pending = '';
    this.#isShort = false;
  }

  /** The digest, and the text itself if it is short. */
  end(): { readonly text: string | null; readonly digest: string } {
    const text = this.#isShort && this.#pending.length <= MAX_LENGTH ? this.#pending : null;
    return { text, digest: this.#hash.update(this.#pending).digest('hex') };
  }
}
