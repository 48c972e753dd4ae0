import { expect, it } from 'vitest';
import { phraseLine } from '../../../src/report/render/terminal/phrase.ts';
import { describeFinding } from '../../../src/report/summary/finding.ts';
import { name, phrase } from '../../../src/report/text/phrase.ts';
import { everyFinding } from '../findings.ts';
import { HOSTILE_NAMES } from '../fixtures.ts';

it.each(HOSTILE_NAMES.map((foreign) => [JSON.stringify(foreign).slice(0, 50), foreign]))(
  'the hostile name %s leaves every kind of finding one line, and starts no workflow command',
  (_, foreign) => {
    const lines = everyFinding(foreign).map((one) => phraseLine(describeFinding(one)));
    expect(lines).not.toEqual([]);
    for (const line of lines) {
      expect(line.replace(/[\u2068\u2069]/g, '')).not.toMatch(/\p{C}/u);
      expect(line).not.toMatch(/^\s*::|##\[/);
    }
  },
);

it('long names in a line are shortened to the given length', () => {
  expect(phraseLine(phrase`The rank of ${name('x'.repeat(50))} fell.`, { nameLength: 9 })).toBe(
    'The rank of xxxx…xxxx fell.',
  );
});
