import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { findingSchema } from '../../src/compare/finding.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { findingText } from '../../src/report/summary/finding.ts';
import { repository } from '../fixtures.ts';
import { everyFinding } from '../report/findings.ts';

interface Entry {
  /** As the heading has it, without the code style. */
  readonly kind: string;
  /** Its sentences in a report, in quotation marks, and what they mean. */
  readonly meaning: string;
  /** What to do, and the level. */
  readonly lines: readonly string[];
}

const page = readFileSync(repository('docs/reference/findings.md'), 'utf8');
const kinds = findingSchema.options.map(({ shape }) => shape.kind.value);
const entries = page.split(/^### /m).slice(1).map(entryOf);

function entryOf(section: string): Entry {
  const [heading = '', ...rest] = section.split('\n');
  const body = rest.join('\n').replace(/^## [\s\S]*/m, '');
  const [meaning = '', ...lines] = body.split(/^- /m).map((part) => part.trim().replace(/\s+/g, ' '));
  return { kind: heading.replaceAll('`', ''), meaning, lines };
}

it('has one heading for each kind of finding, and no other', () => {
  expect(kinds.length).toBeGreaterThan(50);
  expect(entries.map(({ kind }) => kind).sort()).toEqual([...kinds].sort());
});

it('has headings whose anchor is the kind, for links', () => {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text);
  const anchors = headings.map((text) =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );
  expect(anchors).toEqual(expect.arrayContaining(kinds));
  // A second heading with the same anchor would get a number.
  expect(new Set(anchors).size).toBe(anchors.length);
});

it.each(entries)('says of $kind what was seen, what to do and what its level is', ({ meaning, lines }) => {
  for (const text of [meaning, ...lines]) expect(text).toMatch(/[a-z0-9)`"]\.$/);
  const [step, level, ...others] = lines;
  expect(step).toMatch(/^[A-Z`[]/);
  expect(level).toMatch(/`(info|warn|fail|inconclusive)`|^`level` of the rule/);
  expect(others).toEqual([]);
});

it.each(entries)('quotes sentences of $kind that a report has', ({ kind, meaning }) => {
  const texts = everyFinding('NAME').flatMap((finding) => (finding.kind === kind ? [findingText(finding)] : []));
  const quotes = [...meaning.matchAll(/"([^"]+)"/g)].map(([, quote = '']) => quote);
  // Remarks of suites have no words of their own.
  expect(quotes.length > 0).toBe(kind !== 'probe-notes');
  const isQuoted = (quote: string) => texts.some((text) => hasInOrder(text, quote.split(/ ?… ?/)));
  expect(quotes.filter((quote) => !isQuoted(quote))).toEqual([]);
});

function hasInOrder(text: string, parts: readonly string[]): boolean {
  let from = 0;
  return parts.every((part) => {
    const at = text.indexOf(part, from);
    from = at + part.length;
    return at >= 0;
  });
}

it('names keys of the policy, with their defaults', () => {
  const named = [...page.matchAll(/`([a-z-]+(?:\.[a-z-]+)*)`\s\(`([^`]+)`\)/g)];
  expect(named.length).toBeGreaterThan(30);
  expect(named.map(([, path = '']) => [path, String(valueAt(path))])).toEqual(
    named.map(([, path, value]) => [path, value]),
  );
});

function valueAt(path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], DEFAULT_POLICY);
}
