import { createHash } from 'node:crypto';
import { canonicalJson } from '../../platform/canonical-json.ts';
import { type BehaviorValues, MAX_SHOWN } from '../schema/behavior.ts';

/** A longer value is shown as the beginning of its digest, and a longer key not at all. */
const MAX_LENGTH = 64;
const SHORT_DIGEST = 16;

/** One part from its keys, sections or files; null if there are none. */
export function partOf(record: Readonly<Record<string, unknown>>): BehaviorValues | null {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined && value !== null);
  if (entries.length === 0) return null;
  const texts = entries
    .map(([key, value]) => [key, canonicalJson(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = texts.filter(([key]) => key.length <= MAX_LENGTH && key !== '__proto__').slice(0, MAX_SHOWN);
  return {
    digest: `sha256:${sha256(JSON.stringify(texts))}`,
    keys: texts.length,
    values: Object.fromEntries(shown.map(([key, text]) => [key, brief(text)])),
  };
}

function brief(text: string): string {
  return text.length <= MAX_LENGTH ? text : `sha256:${sha256(text).slice(0, SHORT_DIGEST)}…`;
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
