import { at, UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { fixture } from '../../../../test/fixtures.ts';
import { readProbeFile } from '../../src/files/read.ts';
import type { ProbeItem } from '../../src/item.ts';
import { templateItems } from '../../src/templates/items.ts';
import { parseTemplates } from '../../src/templates/schema.ts';

const FILE = fixture('probes', 'shop.templates.yaml');

const itemsOf = async (seed: number, isGroup = false) => (await readProbeFile(FILE, { seed, isGroup })).items;

/** The answer that an item counts as right. */
function rightOf({ question, prompt }: ProbeItem): string {
  if (question.kind === 'exact') return question.target;
  const right = at(question.choices, question.answer);
  // A letter stands before its option.
  return /^[A-Z]$/.test(right) ? (new RegExp(`^${right}\\. (.*)$`, 'm').exec(prompt)?.[1] ?? '') : right;
}

/** Each template once more, by hand: the answer from the text of the question alone. */
const BY_HAND: Readonly<Record<string, (prompt: string) => string>> = {
  boxes: (prompt) => {
    const [a = 0, b = 0, c = 0] = (prompt.match(/\d+/g) ?? []).map(Number);
    return String(a * b - c);
  },
  price: (prompt) => {
    const [, cents = '0', n = '0', percent = '0'] =
      /costs \$([\d.]+)\. How many dollars do (\d+) of them cost with a discount of (\d+)%/.exec(prompt) ?? [];
    return String((Math.round(Number(cents) * 100) * Number(n) * (100 - Number(percent))) / 10_000);
  },
  older: (prompt) => {
    const [[, first = '', a = '0'] = [], [, second = '', b = '0'] = []] = [
      ...prompt.matchAll(/(\w+) is (\d+) years old/g),
    ];
    return Number(a) > Number(b) ? first : second;
  },
};

describe('a file of templates', () => {
  it('gives items whose answers follow from their questions, recomputed by hand, over several seeds', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      for (const item of await itemsOf(seed)) {
        const recompute = BY_HAND[item.cluster];
        expect(rightOf(item), item.prompt).toBe(recompute?.(item.prompt));
        if (item.question.kind === 'choice')
          expect(new Set(item.question.choices).size).toBe(item.question.choices.length);
      }
    }
  });

  it('draws benchmark forms by the file and fresh twins by the seed', async () => {
    const [one, other] = [await itemsOf(1), await itemsOf(2)];
    const of = (items: readonly ProbeItem[], twins: boolean) => items.filter(({ form }) => (form === 'twin') === twins);
    expect(of(one, false)).toEqual(of(other, false));
    expect(of(one, true)).not.toEqual(of(other, true));
    expect(await itemsOf(1)).toEqual(one);
    expect(of(one, true).every(({ kind }) => kind === 'fresh')).toBe(true);
    expect(new Set(one.map(({ cluster }) => cluster))).toEqual(new Set(['boxes', 'price', 'older']));
    expect((await readProbeFile(FILE, { seed: 1 })).seeded).toBe(true);
  });

  it('asks other questions in the twins, with other answers where these are numbers, and other letters', async () => {
    const items = await itemsOf(3);
    const prompts = items.filter(({ id }) => !id.endsWith('.text')).map(({ prompt }) => prompt);
    expect(new Set(prompts).size).toBe(prompts.length);
    for (const twin of items.filter(({ form }) => form === 'twin')) {
      const benchmark = items.find(({ id }) => id === twin.fact);
      if (!benchmark) throw new Error('no benchmark form');
      if (twin.cluster !== 'older') expect(rightOf(twin)).not.toBe(rightOf(benchmark));
      const [own, theirs] = [twin.question, benchmark.question];
      if (own.kind === 'choice' && theirs.kind === 'choice' && !twin.id.endsWith('.text')) {
        expect(own.answer).not.toBe(theirs.answer);
      }
    }
  });

  it('asks the published question once, with its fresh draws as twins', async () => {
    const items = (await itemsOf(1)).filter(({ cluster }) => cluster === 'older');
    expect(items.map(({ id }) => id)).toEqual([
      'older',
      'older.text',
      'older.fresh-1',
      'older.fresh-1.text',
      'older.fresh-2',
      'older.fresh-2.text',
      'older.fresh-3',
      'older.fresh-3.text',
    ]);
    expect(items[0]?.prompt).toContain('Ada is 40 years old. Bo is 31 years old.');
    expect(items.map(({ form }) => form).slice(0, 3)).toEqual(['benchmark', 'benchmark-text', 'twin']);
  });

  it('gives its fresh draws alone where the whole file is a twin of another', async () => {
    const items = await itemsOf(1, true);
    expect(items.every(({ form, kind }) => form === 'twin' && kind === 'group')).toBe(true);
    const fresh = (await itemsOf(1)).filter(({ kind }) => kind === 'fresh');
    expect(items.map(({ prompt }) => prompt)).toEqual(fresh.map(({ prompt }) => prompt));
  });
});

const BASE = `templates:
  - id: t
    question: "{a} and {b}?"
    values: { a: 1..9, b: 1..9 }
    answer: a + b
`;

/** The base with a line of it replaced, or a line more. */
const withLine = (line: string, instead?: string) =>
  instead === undefined ? `${BASE}    ${line}\n` : BASE.replace(line, instead);

describe('a mistake in a file of templates', () => {
  it.each([
    ['no templates', '', /^x\.yaml.*templates/],
    ['an empty list', 'templates: []', /templates: is empty/],
    ['not YAML', 'templates: [', /^x\.yaml:\d+:\d+: /],
    ['an unknown key', withLine('answers: 3'), /^x\.yaml:6:5: unknown key "answers" in templates\.0/],
    [
      'an unknown name',
      withLine('answer: a + b', 'answer: a + q'),
      /:5:13: templates\.0\.answer: of "t": uses "q", which is not/,
    ],
    [
      'a formula that breaks off',
      withLine('answer: a + b', 'answer: a +'),
      /templates\.0\.answer: "a \+" is not a formula/,
    ],
    ['another operator', withLine('answer: a + b', 'answer: a ** b'), /operator/],
    ['a member', withLine('answer: a + b', 'answer: a.constructor'), /something other than numbers, names/],
    ['a call', withLine('answer: a + b', 'answer: require(a)'), /calls a function other than/],
    ['this', withLine('answer: a + b', 'answer: this'), /something other than numbers, names/],
    ['a text in a formula', withLine('answer: a + b', 'answer: \'"x" + a\''), /not a number like 12/],
    ['a condition as the answer', withLine('answer: a + b', 'answer: a > b'), /is a comparison, not a number/],
    [
      'a number as a condition',
      withLine('conditions: [a + b]'),
      /conditions\.0: of "t": is a number, not a comparison/,
    ],
    ['a sum of comparisons', withLine('conditions: ["(a > b) + 1 > 0"]'), /calculates with a comparison/],
    ['a range that ends before it begins', withLine('a: 1..9', 'a: 9..1'), /values\.a: ends before it begins/],
    ['a range of everything', withLine('a: 1..9', 'a: 1..99999999'), /values\.a: has more than 1000000 numbers/],
    ['a step of nothing', withLine('a: 1..9', 'a: 1..9 by 0'), /values\.a: has steps of 0/],
    ['no range', withLine('a: 1..9', 'a: many'), /values\.a: must be a range like 3\.\.9/],
    ['a list with something twice', withLine('a: 1..9', 'a: [1, 2, 1]'), /values\.a: has something twice/],
    ['a mixed list', withLine('a: 1..9', 'a: [1, two]'), /values\.a: mixes numbers and texts/],
    ['a brace alone', withLine('{a} and {b}?', '{a} and {b}} and {?'), /question: has a brace without its partner/],
    [
      'a value that is not shown',
      withLine('{a} and {b}?', '{a} and one?'),
      /answer: of "t": uses "b", which the question does not show/,
    ],
    [
      'a text to calculate with',
      withLine('a: 1..9', 'a: names'),
      /answer: of "t": calculates with "a", which is a text/,
    ],
    ['an original without a value', withLine('original: { a: 3 }'), /original: of "t": lacks "b"/],
    [
      'an original with a text for a number',
      withLine('original: { a: 3, b: four }'),
      /original\.b: of "t": must be a number/,
    ],
    [
      'an original that is not allowed',
      `${withLine('conditions: [a > b]')}    original: { a: 3, b: 4 }\n`,
      /original: of "t": cannot be asked: conditions are not met/,
    ],
    [
      'an original without an answer',
      `${withLine('answer: a + b', 'answer: a / b')}    original: { a: 1, b: 3 }\n`,
      /:6:15: templates\.0\.original: of "t": cannot be asked: a number has no finite decimal form, as 1\/3/,
    ],
    [
      'an original with the same answer twice',
      `${withLine('wrong: [a * b]')}    original: { a: 2, b: 2 }\n`,
      /original: of "t": cannot be asked: two answers are equal, as "4"/,
    ],
    ['too many draws', withLine('draws: 5000'), /draws/],
    [
      'the same id twice',
      `${BASE}${BASE.replace('templates:\n', '')}`,
      /templates\.1\.id: another template has the id "t"/,
    ],
    [
      'a bomb of aliases',
      `a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b, *b, *b]\ntemplates: [*c, *c, *c, *c]`,
      /alias/i,
    ],
    ['a list of nothing but text', 'templates: [{}, 3]', /templates\.0/],
  ])('%s is refused with its place', (_, text, message) => {
    const parse = () => parseTemplates(text, 'x.yaml');
    expect(parse).toThrow(UserError);
    expect(parse).toThrow(message);
  });

  it.each([
    [
      'conditions that nothing meets',
      withLine('conditions: [a > b, b > a]'),
      /^x\.yaml: "t": no question can be drawn: conditions are not met, in 5,000 of 5,000 draws — relax the conditions/,
    ],
    [
      'fewer questions than draws',
      withLine('a: 1..9, b: 1..9', 'a: 1..2, b: 1..2'),
      /"t": no question can be drawn in addition to 4 others: the question was drawn before, in 5,000 of 5,000 draws — widen/,
    ],
    [
      'another question, but no other answer',
      `${withLine('answer: a + b', 'answer: a + b - a - b')}    draws: 1\n`,
      /: the answer is that of the benchmark form, in [\d,]+ of 5,000 draws; the question was drawn before, in \d+ — widen/,
    ],
    [
      'divisions by zero only',
      withLine('answer: a + b', 'answer: a / (b - b)'),
      /: a formula divides by zero, in 5,000 of 5,000 draws — change the formula/,
    ],
    [
      'answers without an end',
      withLine('answer: a + b', 'answer: (a - a) + 1 / 3 + (b - b)'),
      /: a number has no finite decimal form, as 1\/3, in 5,000 of 5,000 draws — add a condition/,
    ],
    [
      'wrong answers that are right',
      withLine('wrong: [b + a]'),
      /: two answers are equal, as "\d+", in 5,000 of 5,000 draws — change the wrong answers/,
    ],
    [
      'answers without an end where the conditions are mostly met',
      withLine('answer: a + b', 'answer: (a - a) + 1 / 3 + (b - b)').replace(
        '    answer',
        '    conditions: [a < 9]\n    answer',
      ),
      /: a number has no finite decimal form, as 1\/3, in 4,\d+ of 5,000 draws; conditions are not met, in \d+ — add/,
    ],
  ])('%s is refused in a bounded number of draws', (_, text, message) => {
    const draw = () =>
      templateItems(parseTemplates(text, 'x.yaml'), { file: 'x.yaml', seed: 1, scoring: 'raw', isGroup: false });
    expect(draw).toThrow(UserError);
    expect(draw).toThrow(message);
  });

  it('a deep formula is refused, not crashed on', () => {
    const deep = `answer: "${'('.repeat(240)}a${')'.repeat(240)}"`;
    expect(() => parseTemplates(withLine('answer: a + b', deep), 'x.yaml')).not.toThrow(RangeError);
    const long = `answer: "${'a+'.repeat(400)}b"`;
    expect(() => parseTemplates(withLine('answer: a + b', long), 'x.yaml')).toThrow(/more than 500 characters/);
  });
});
