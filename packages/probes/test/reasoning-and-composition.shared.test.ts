import { describe, expect, it } from 'vitest';
import { commands } from '../src/families/commands.ts';
import type { Phrasing, PhrasingPair } from '../src/families/family.ts';
import { stringOperations } from '../src/families/string-operations.ts';
import { transitiveOrdering } from '../src/families/transitive-ordering.ts';
import { wordProblems } from '../src/families/word-problems.ts';
import { Random } from '../src/random.ts';
import { NAMES, NOUNS } from '../src/words.ts';
import { answerOf, choicesOf, drawPairs, levelsOf } from './families/draws.ts';

/** As many as the suite and its pilot have, from three seeds: some levels have only a few hundred facts. */
const DRAWS = 70;
const SEEDS = [1, 2, 3];

/** What is asked: the last paragraph. Examples come before it, and it contains no blank line. */
const last = (prompt: string) => prompt.split('\n\n').at(-1) ?? '';
const questionIn = (prompt: string) => /Question: (.*)\nAnswer:$/.exec(last(prompt))?.[1] ?? '';
const numbersIn = (text: string) => (text.match(/\d+/g) ?? []).map(Number);

const group = (text: string, pattern: RegExp): string => {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`${pattern} does not match: ${text}`);
  return found;
};

/** Solves a sum, with or without words around it. */
function solveSum(prompt: string): number {
  const [, a = '', sign = '', b = ''] = /(\d+) ?([-+*]) ?(\d+) =$/.exec(prompt) ?? [];
  if (sign === '*') return Number(a) * Number(b);
  return Number(a) + (sign === '+' ? 1 : -1) * Number(b);
}

/** Follows a story sentence by sentence. */
function followStory(story: string): number {
  return story.split(/(?<=\.) /).reduce((have, sentence) => {
    const [n = 0, m = 0] = numbersIn(sentence);
    if (/ has \d+ \w+\.$/.test(sentence)) return n;
    if (/boxes with/.test(sentence)) return have + n * m;
    if (/ buys \d+ more/.test(sentence)) return have + n;
    if (/ (gives|loses) \d+/.test(sentence)) return have - n;
    if (/ doubles /.test(sentence)) return have * 2;
    if (/ sells half /.test(sentence)) return have / 2;
    expect(sentence).toMatch(/^How many \w+ does \w+ have now\?$/);
    return have;
  }, Number.NaN);
}

/** Solves a story by patterns, in any order of its sentences. */
function solveStory(story: string): number {
  const read = (pattern: RegExp) => Number(pattern.exec(story)?.[1]);
  const has = (who: string): number => {
    const found = new RegExp(`\\b${who} has (\\d+|half) (\\w+) (\\w+)(?: \\w+)* (?:than|as) (\\w+)\\.`).exec(story);
    if (!found) return read(new RegExp(`\\b${who} has (\\d+) \\w+\\.`));
    const [, amount = '', relation, , whom = ''] = found;
    if (amount === 'half') return has(whom) / 2;
    if (relation === 'more') return has(whom) + Number(amount);
    return relation === 'fewer' ? has(whom) - Number(amount) : has(whom) * Number(amount);
  };
  const doing = (verb: string) => [...story.matchAll(new RegExp(`(\\w+) ${verb} (\\d+)`, 'g'))];
  const sum = (matches: RegExpMatchArray[]) => matches.reduce((total, match) => total + Number(match[2]), 0);

  const more = /How many more \w+ does (\w+) collect than (\w+)\?/.exec(story);
  if (more) {
    const [mine, other] = more.slice(1).map((who) => read(new RegExp(`${who} collects (\\d+)`)));
    return (mine ?? 0) - (other ?? 0);
  }
  if (/before giving any/.test(story)) return read(/ gave (\d+)/) + read(/ has (\d+) \w+ today/);
  if (/(boxes|bags) of/.test(story)) {
    return read(/has (\d+) \w+ of/) * read(/are (\d+) \w+ in each/) - read(/ (?:gives|loses) (\d+)/);
  }
  if (/in each bag\?/.test(story)) return sum(doing('has')) / read(/among (\d+) bags/);
  if (/costs/.test(story)) return read(/starts with (\d+) dollars/) - read(/costs (\d+) dollars/) * read(/buys (\d+)/);
  if (/saves/.test(story)) return (read(/earns (\d+)/) - read(/spends (\d+)/)) * read(/in (\d+) weeks/);
  if (/packs/.test(story)) return sum(doing('packs')) * read(/in (\d+) hours/);
  const both = /How many \w+ do (\w+) and (\w+) have together\?/.exec(story);
  if (both) return has(both[1] ?? '') + has(both[2] ?? '');
  return has(/How many \w+ does (\w+) have\?/.exec(story)?.[1] ?? '');
}

function solveArithmetic(prompt: string, level: number): string {
  if (level <= 3) return String(solveSum(prompt));
  return String(level === 5 ? solveStory(questionIn(prompt)) : followStory(questionIn(prompt)));
}

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth'];
const PAIRS_OF_WORDS: readonly (readonly [more: string, most: string, less: string, least: string])[] = [
  ['taller', 'tallest', 'shorter', 'shortest'],
  ['older', 'oldest', 'younger', 'youngest'],
  ['faster', 'fastest', 'slower', 'slowest'],
  ['heavier', 'heaviest', 'lighter', 'lightest'],
  ['richer', 'richest', 'poorer', 'poorest'],
  ['louder', 'loudest', 'quieter', 'quietest'],
];

/** Solves an ordering by counting who is below each person; fails unless the premises give exactly one order. */
function solvePremises(question: string): string {
  const premises = [...question.matchAll(/(\w+) is (\w+) than (\w+)\./g)].map(([, a = '', word = '', b = '']) =>
    PAIRS_OF_WORDS.some(([more]) => more === word) ? { above: a, below: b } : { above: b, below: a },
  );
  const people = [...new Set(premises.flatMap(({ above, below }) => [above, below]))];
  const under = (person: string): Set<string> =>
    new Set(premises.filter(({ above }) => above === person).flatMap(({ below }) => [below, ...under(below)]));
  const ranked = people.toSorted((a, b) => under(b).size - under(a).size);
  ranked.forEach((person, i) => {
    expect(under(person).size).toBe(people.length - 1 - i);
  });
  const [, ordinal = 'first', superlative] = /Who is the (?:(\w+) )?(\w+)\?$/.exec(question) ?? [];
  const rank = ORDINALS.indexOf(ordinal);
  const isMost = PAIRS_OF_WORDS.some(([, most]) => most === superlative);
  if (!isMost) expect(PAIRS_OF_WORDS.map(([, , , least]) => least)).toContain(superlative);
  return ranked.at(isMost ? rank : -1 - rank) ?? '';
}

function solveOrdering(prompt: string, level: number): string {
  const text = last(prompt);
  if (level >= 4) return solvePremises(questionIn(prompt));
  if (level === 1) {
    const [, side, of = ''] = /right (after|before) (\w+)/i.exec(text) ?? [];
    const step = side === 'after' ? 1 : -1;
    // The month of a date that no time zone can change.
    const month = new Date(`15 ${of} 2026 12:00 UTC`).getUTCMonth();
    if (/^\d+$/.test(of)) return String(Number(of) + step);
    return new Date(Date.UTC(2026, month + step, 15)).toLocaleString('en-US', { month: 'long', timeZone: 'UTC' });
  }
  const row = text.startsWith('- ')
    ? [...text.matchAll(/^- (\w+)$/gm)].map(([, name = '']) => name)
    : group(text, /order: (.*)\./).split(', ');
  if (level === 2) return row[row.indexOf(group(text, /Right after (\w+) came$/)) + 1] ?? '';
  return row[ORDINALS.indexOf(group(text, /Who was the (\w+)\?\nAnswer:$/))] ?? '';
}

/** Reads a command from the left, with brackets. */
function solveCommand(prompt: string): string {
  const tokens = questionIn(prompt).match(/\w+|[()]/g) ?? [];
  const sequence = (): string => {
    const parts = [part()];
    const joins = new Set<string | undefined>();
    while (tokens[0] === 'and' || tokens[0] === 'after') {
      joins.add(tokens.shift());
      parts.push(part());
    }
    expect(joins.size).toBeLessThan(2);
    return (joins.has('after') ? parts.reverse() : parts).join(' ');
  };
  const part = (): string => {
    let done = '';
    const token = tokens.shift();
    if (token === '(') {
      done = sequence();
      expect(tokens.shift()).toBe(')');
    } else done = token?.toUpperCase() ?? '';
    for (;;) {
      if (tokens[0] === 'twice') done = `${done} ${done}`;
      else if (tokens[0] === 'thrice') done = `${done} ${done} ${done}`;
      else if (tokens[0] === 'left' || tokens[0] === 'right') done = `${tokens[0].toUpperCase()} ${done}`;
      else return done;
      tokens.shift();
    }
  };
  const result = sequence();
  expect(tokens).toEqual([]);
  return result;
}

/** The operations, by what the prompt says about them, on a plain string. */
const MEANINGS: readonly (readonly [RegExp, (s: string) => string])[] = [
  [/letters again/, (s) => s],
  [/backwards/, (s) => Array.from(s).reduce((turned, letter) => letter + turned, '')],
  [/^move the first/, (s) => s.replace(/^(.)(.*)$/, '$2$1')],
  [/remove the first/, (s) => s.replace(/^./, '')],
  [/remove the last/, (s) => s.replace(/.$/, '')],
  [/repeat the last/, (s) => s.replace(/(.)$/, '$1$1')],
  [/exchange the first and last/, (s) => s.replace(/^(.)(.*)(.)$/, '$3$2$1')],
  [/write the first letter/, (s) => s.slice(0, 1)],
  [/write the second letter/, (s) => s.slice(1, 2)],
  [/write the third letter/, (s) => s.slice(2, 3)],
  [/write the last letter/, (s) => s.slice(-1)],
];

function operationFor(meaning: string): (s: string) => string {
  const found = MEANINGS.filter(([pattern]) => pattern.test(meaning.toLowerCase()));
  expect(found, meaning).toHaveLength(1);
  return found[0]?.[1] ?? String;
}

const spaced = (s: string) => Array.from(s).join(' ');
const unspaced = (s: string) => s.replaceAll(' ', '');

function solveString(prompt: string, level: number): string {
  if (level <= 3) {
    const [title = '', ...lines] = prompt.split('\n');
    const operation = operationFor(title);
    for (const line of lines.slice(0, -1)) {
      const [given = '', shown = ''] = line.split(/ (?:->|=) /);
      expect(spaced(operation(unspaced(given)))).toBe(shown);
    }
    return spaced(operation(unspaced(group(lines.at(-1) ?? '', /^(.*) (?:->|=)$/))));
  }
  const meanings = new Map(
    [...prompt.matchAll(/^(\w+) = (.*): a b c d -> (.*)$/gm)].map(([, name = '', meaning = '', shown = '']) => {
      const operation = operationFor(meaning);
      expect(spaced(operation('abcd'))).toBe(shown);
      return [name, operation];
    }),
  );
  expect(meanings.size).toBe(5);
  const [, given = '', operations = ''] = /^Start with ([A-Za-z ]+)\. Apply (.*)\.$/.exec(questionIn(prompt)) ?? [];
  const result = operations.split(', then ').reduce((s, name) => {
    const operation = meanings.get(name);
    if (!operation) throw new Error(`${name} is not defined`);
    return operation(s);
  }, unspaced(given));
  return spaced(result);
}

const SUBJECTS = [
  { family: wordProblems, solve: solveArithmetic },
  { family: transitiveOrdering, solve: solveOrdering },
  { family: commands, solve: solveCommand },
  { family: stringOperations, solve: solveString },
].flatMap(({ family, solve }) =>
  levelsOf(family).map((level) => ({
    name: `${family.name} ${level}`,
    family,
    level,
    solve,
    draws: SEEDS.map((seed) => drawPairs(family, level, DRAWS, seed)),
  })),
);

/** Every example of a prompt, as if it were its question. */
function examplesIn(prompt: string): { prompt: string; answer: string }[] {
  const blocks = prompt.split('\n\n').slice(0, -1);
  return blocks.flatMap((block) => {
    const [, question = '', answer = ''] = /^(Question: .*\nAnswer:) (.*)$/.exec(block) ?? [];
    return answer === '' ? [] : [{ prompt: question, answer }];
  });
}

describe.each(SUBJECTS)('$name', ({ family, level, solve, draws }) => {
  const pairs = draws.flat();
  const forms = pairs.flatMap(({ benchmark, twin }) => [benchmark, twin]);

  it('has exactly one right answer, which follows from the prompt, and is scored by its text', () => {
    for (const form of forms) {
      const choices = choicesOf(form);
      expect(new Set(choices).size).toBe(4);
      expect(solve(form.prompt, level), form.prompt).toBe(answerOf(form));
      expect(form.question).toMatchObject({ scoring: 'per-character' });
    }
  });

  it('has right examples', () => {
    for (const { prompt } of [pairs[0]?.benchmark, pairs[1]?.twin].filter((form) => form !== undefined)) {
      if (family === stringOperations) return;
      for (const example of examplesIn(prompt)) {
        const solver = family === wordProblems && level >= 4 ? anyStory : solve;
        expect(solver(example.prompt, level)).toBe(example.answer);
      }
    }
  });

  it('has short prompts without gaps or double spaces, which end where the answer begins', () => {
    for (const { prompt } of forms) {
      expect(prompt).toMatch(/^[A-Za-z\d-].*[^\s]$/s);
      expect(prompt).not.toMatch(/ {2}|[ \t]\n|\n{3}|undefined|NaN|[{}]|null/);
      expect(prompt.length).toBeLessThan(1500);
    }
  });

  it('has twins with the requested templates', () => {
    const twins = family.levels[level - 1]?.twins ?? [];
    expect(twins.some(({ kind }) => kind === 'fresh' || kind === 'open')).toBe(true);
    for (const [i, { benchmark, twin }] of pairs.entries()) {
      const template = twins[(i % DRAWS) % twins.length];
      expect(benchmark.template).toBe('exam');
      expect(twin.template).toBe(template?.name);
      if (template?.kind === 'format' && template.name !== 'renamed' && template.name !== 'nonce') {
        expect(choicesOf(twin)).toEqual(choicesOf(benchmark));
      }
    }
  });

  it('repeats no prompt, and draws the same facts for the same seed', () => {
    for (const drawn of draws) {
      const prompts = drawn.flatMap(({ benchmark, twin }) => [benchmark.prompt, twin.prompt]);
      expect(new Set(prompts).size).toBe(prompts.length);
    }
    expect(drawPairs(family, level, 30)).toEqual(drawPairs(family, level, 30));
    expect(drawPairs(family, level, 30, 8)).not.toEqual(drawPairs(family, level, 30));
    expect(family.draw(new Random(7, 'none'), [], level)).toEqual([]);
  });

  it('refuses an unknown twin template', () => {
    expect(() => family.draw(new Random(7, 'unknown'), ['upside-down'], level)).toThrow(/upside-down/);
  });
});

function anyStory(prompt: string): string {
  const story = questionIn(prompt);
  return String(/ now\?$/.test(story) ? followStory(story) : solveStory(story));
}

const pairsOf = (family: (typeof SUBJECTS)[number]['family'], level: number, template: string) =>
  SUBJECTS.filter((subject) => subject.family === family && subject.level === level)
    .flatMap((subject): PhrasingPair[] => subject.draws.flat())
    .filter(({ twin }) => twin.template === template)
    .map(({ benchmark, twin }) => ({ exam: last(benchmark.prompt), other: last(twin.prompt), benchmark, twin }));

const sentences = (text: string) => text.replace(/^Question: |\nAnswer:$/g, '').split(/(?<=[.?]) /);

describe('word problems', () => {
  it.each([4, 5, 6, 7])('are grammatical English at level %i', (level) => {
    for (const { draws } of SUBJECTS.filter((subject) => subject.family === wordProblems && subject.level === level)) {
      for (const { prompt } of draws.flat().flatMap(({ benchmark, twin }) => [benchmark, twin])) {
        for (const sentence of sentences(last(prompt))) expect(sentence).toMatch(/^[A-Z][^.?]+[.?]$/);
        expect(last(prompt)).not.toMatch(/\ba [aeiou]|\ban [^aeiou]|\b[01] /i);
      }
    }
  });

  it.each([4, 5, 6, 7])('keep their numbers, and change people and things, if renamed, at level %i', (level) => {
    const known = new Set([...NAMES, ...NOUNS.flatMap(({ one, many }) => [one, many])]);
    const pairs = pairsOf(wordProblems, level, 'renamed');
    expect(pairs.length).toBeGreaterThan(50);
    for (const { exam, other } of pairs) {
      expect(numbersIn(other)).toEqual(numbersIn(exam));
      expect(other.match(/\w+/g)?.filter((word) => known.has(word))).toEqual([]);
    }
  });

  it('have the same sentences in another order, if reordered', () => {
    for (const { exam, other } of pairsOf(wordProblems, 5, 'reordered')) {
      expect(sentences(other).toSorted()).toEqual(sentences(exam).toSorted());
      expect(other).not.toBe(exam);
      expect(sentences(other).at(-1)).toBe(sentences(exam).at(-1));
    }
  });

  it.each(levelsOf(wordProblems))('have no number of the question among the choices, at level %i', (level) => {
    for (const { benchmark, twin } of pairsOf(wordProblems, level, 'redrawn')) {
      for (const form of [benchmark, twin]) {
        const asked = last(form.prompt)
          .split('\n')
          .filter((line) => /[+*?-]/.test(line))
          .at(-1);
        for (const n of numbersIn(asked ?? '')) expect(choicesOf(form)).not.toContain(String(n));
      }
    }
  });
});

describe('transitive ordering', () => {
  it.each([4, 5, 6, 7])('states the same order by the inverse relation, if inverted, at level %i', (level) => {
    for (const { exam, other, benchmark, twin } of pairsOf(transitiveOrdering, level, 'inverted')) {
      const words = (text: string) => [...text.matchAll(/is (\w+) than/g)].map(([, word = '']) => word);
      const isMore = (word: string) => PAIRS_OF_WORDS.some(([more]) => more === word);
      expect(words(other).map(isMore)).toEqual(words(exam).map((word) => !isMore(word)));
      expect(answerOf(twin)).toBe(answerOf(benchmark));
    }
  });
});

describe('commands', () => {
  it.each(levelsOf(commands))('ask about other verbs than those of the examples, at level %i', (level) => {
    const verbs = (text: string) => new Set(text.match(/\b[A-Z]{3,}\b/g)?.filter((word) => !/LEFT|RIGHT/.test(word)));
    for (const { benchmark } of pairsOf(commands, level, 'redrawn')) {
      const shown = verbs(benchmark.prompt);
      for (const verb of verbs(choicesOf(benchmark).join(' '))) expect(shown.has(verb)).toBe(false);
    }
  });
});

describe('string operations', () => {
  it.each([4, 5, 6, 7])('have choices of the same length, so that none is more likely because of it: %i', (level) => {
    const lengths = ({ benchmark, twin }: PhrasingPair) =>
      [benchmark, twin].map((form: Phrasing) => new Set(choicesOf(form).map((choice) => choice.length)).size);
    for (const { benchmark, twin } of pairsOf(stringOperations, level, 'redrawn')) {
      expect(lengths({ benchmark, twin })).toEqual([1, 1]);
    }
  });
});
