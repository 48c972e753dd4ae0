import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture } from '../../../../test/fixtures.ts';
import { fullSize } from '../../../../test/full-size.ts';
import { type Judged, judgeEdits } from './config-edits.ts';

/** One of so many edits is judged. */
const EVERY = fullSize(1, 9);
const NAMES = readdirSync(fixture('config-edits')).map((file) => basename(file, '.json'));

const shown = ({ edit, found }: Judged) => {
  const expected = Array.isArray(edit.expected) ? 'other logits' : edit.expected;
  return `${edit.path.join('.')} ${edit.text || 'left out'}: ${expected} in transformers, ${typeof found === 'string' ? found : 'logits'} here`;
};

describe('edits of config.json', () => {
  let all = 0;
  let read = 0;
  let refused = 0;

  // The folders share most edits, and begin at different ones.
  it.each(NAMES)('are refused, or give the logits of transformers: %s', async (name) => {
    const judged = await judgeEdits(name, { first: NAMES.indexOf(name) % EVERY, every: EVERY });
    expect(judged.filter(({ wrong }) => wrong).map(shown)).toEqual([]);
    all += judged.length;
    // The other direction: what transformers reads, and makes no other logits of.
    const harmless = judged.filter(({ edit: { expected, text } }) => expected === 'same' && text !== 'NaN');
    read += harmless.length;
    refused += harmless.filter(({ found }) => typeof found === 'string').length;
  });

  it('are thousands, and most of those that change nothing are accepted', () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(60);
    expect(all * EVERY).toBeGreaterThan(12_000);
    // Keys that nobody knows, and rotary parameters of another type, are refused though transformers ignores them.
    expect(refused / read).toBeLessThan(0.33);
  });
});
