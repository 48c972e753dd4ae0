import { describe, expect, it } from 'vitest';
import { codeName, plainText, printable, shorten } from '../../src/report/escape.ts';
import { HOSTILE_NAMES } from './fixtures.ts';
import { githubPage, linkableTexts, named, tablesOf, textOf } from './github-page.ts';

const NEUTRAL = new Set(['p', 'code', 'span']);
const label = (name: string): string => JSON.stringify(name).slice(0, 50);
const cases = HOSTILE_NAMES.map((name) => [label(name), name] as const);

describe.each([
  ['codeName', codeName],
  ['plainText', plainText],
])('%s', (_, safe) => {
  it.each(cases)('the hostile name %s stays text in a paragraph', (_, name) => {
    const page = githubPage(`${safe(name)} end`);
    expect(page.elements.map(({ tagName }) => tagName).filter((tag) => !NEUTRAL.has(tag))).toEqual([]);
    expect(named(page, 'p')).toHaveLength(1);
    expect(page.comments).toEqual([]);
  });

  it.each(cases)('the hostile name %s does not break a table', (_, name) => {
    const [table] = tablesOf(githubPage(`| a | b |\n| - | - |\n| ${safe(name)} | x |\n| ${safe(name)} | y |`));
    expect(table?.map((row) => row.length)).toEqual([2, 2, 2]);
    expect(table?.map((row) => row[1])).toEqual(['b', 'x', 'y']);
  });

  it.each(cases)(
    'the hostile name %s notifies nobody and links nowhere, also if entities are resolved first',
    (_, name) => {
      expect(linkableTexts(githubPage(`x ${safe(name)}`))).toEqual([]);
    },
  );

  it.each(cases)('the hostile name %s leaves no invisible character', (_, name) => {
    const text = githubPage(`x ${safe(name)}`)
      .texts.join('')
      .replace(/[\u2068\u2069\n]/g, '');
    expect(text).not.toMatch(/[\p{C}\p{M}\p{Default_Ignorable_Code_Point}]|[^\P{Zs} ]/u);
  });

  it.each(cases)('the hostile name %s takes at most 10,000 characters', (_, name) => {
    expect(safe(name).length).toBeLessThan(10_000);
  });
});

it('a reader sees a name as it is in the file', () => {
  for (const name of [
    'model.layers.0.self_attn.q_proj.weight',
    'a|b',
    '@octocat',
    '<b>',
    'x.c_attn.weight[q]',
    'größe',
  ]) {
    const [code] = named(githubPage(codeName(name)), 'code');
    expect(code && textOf(code)).toBe(name);
  }
});

it('invisible characters are written out, so that two names never look alike', () => {
  expect(codeName('w\u200beight')).not.toBe(codeName('weight'));
  const seen = (name: string): string => githubPage(codeName(name)).texts.join('').trim();
  expect(seen('a\nb\t\u202ec')).toBe('a\\nb\\t\\u202ec');
  expect(seen('\u{e0041}')).toBe('\\u{e0041}');
});

it('right-to-left letters cannot reorder the numbers next to them', () => {
  expect(printable('שלום')).toBe('\u2068שלום\u2069');
  expect(codeName('שלום')).toContain('\u2068שלום\u2069');
});

it('a message with no-break spaces keeps its words', () => {
  expect(plainText('rose by 8.7\u00a0points')).toBe(plainText('rose by 8.7 points'));
  expect(printable('rose by 8.7\u202fpoints')).toBe('rose by 8.7 points');
});

it('a shortened name keeps both ends and whole characters', () => {
  expect(shorten('model.layers.10.weight', 11)).toBe('model…eight');
  for (const name of ['😀'.repeat(50_000), `a${'😀'.repeat(50_000)}`, `${'😀'.repeat(50_000)}b`]) {
    const short = shorten(name, 40);
    expect(Array.from(short)).toHaveLength(40);
    expect(short).not.toMatch(/\p{Cs}/u);
    expect([Array.from(short)[0], Array.from(short).at(-1)]).toEqual([Array.from(name)[0], Array.from(name).at(-1)]);
  }
  expect(shorten('😀😀😀', 3)).toBe('😀😀😀');
});

it.each(cases)(
  'the hostile name %s is one line on a terminal, moves no cursor and starts no workflow command',
  (_, name) => {
    const line = printable(name);
    expect(line.replace(/[\u2068\u2069]/g, '')).not.toMatch(/\p{C}/u);
    expect(line).not.toContain('::');
    expect(line).not.toContain('##[');
  },
);

it('the mark of a final answer stays readable, and text printed after it makes no command of it', () => {
  expect(printable('give "#### 42"')).toBe('give "#### 42"');
  expect(`${printable('####')}[error]`).not.toContain('##[');
});

it.each(['##[', '###[', '::::', ':::error:::', '\u200b::error::', '##\u200b[x]'])(
  'the text %j starts no workflow command',
  (text) => {
    expect(printable(text)).not.toMatch(/::|##\[/);
  },
);
