import { capitalize } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { asOption, fill } from '../src/families/facts/relation.ts';
import { facts, RELATIONS } from '../src/families/facts.ts';
import type { Phrasing, ProbeFamily } from '../src/families/family.ts';
import { records } from '../src/families/records.ts';

import { Random } from '../src/random.ts';
import { FACTS_PER_LEVEL, PILOT_FACTS_PER_LEVEL } from '../src/suite.ts';
import { answerOf, choicesOf, drawPairs, levelsOf } from './families/draws.ts';

/** Facts of a level in a suite. */
const sizeOf = (family: ProbeFamily, level: number) =>
  Math.min(FACTS_PER_LEVEL + PILOT_FACTS_PER_LEVEL, family.levels[level - 1]?.supply ?? Infinity);
const SEEDS = [0, 1, 2];

const LEVELS = [facts, records].flatMap((family: ProbeFamily) =>
  levelsOf(family).map((level) => ({
    name: `${family.name} ${level}`,
    family,
    level,
    draws: SEEDS.map((seed) => drawPairs(family, level, sizeOf(family, level), seed)),
  })),
);

/** What is asked: the last paragraph. */
const last = (prompt: string) => prompt.split('\n\n').at(-1) ?? '';

describe.each(LEVELS)('every draw of $name', ({ family, level, draws }) => {
  const forms = draws.flat().flatMap(({ benchmark, twin }) => [benchmark, twin]);

  it('has enough facts for a suite and its pilot, none twice, and the same again for the same seed', () => {
    for (const [seed, drawn] of draws.entries()) {
      expect(new Set(drawn.map(({ benchmark }) => benchmark.prompt)).size).toBe(sizeOf(family, level));
      expect(drawPairs(family, level, sizeOf(family, level), seed)).toEqual(drawn);
    }
  });

  it('has twins with the requested templates, one of which can decide', () => {
    const twins = family.levels[level - 1]?.twins ?? [];
    expect(twins.some(({ kind }) => kind === 'open' || kind === 'fresh')).toBe(true);
    for (const drawn of draws) {
      expect(drawn.map(({ twin }) => twin.template)).toEqual(drawn.map((_, i) => twins[i % twins.length]?.name));
    }
    expect(() => family.draw(new Random(0, 'x'), ['rhymed'], level)).toThrow('unknown twin template rhymed');
  });

  it('has no stray space, wrong article, gap or repeated choice', () => {
    for (const form of forms) {
      expect(form.prompt).not.toMatch(/ {2}| \n|\s$|^\s|undefined|\{(?:sub|ob)ject\}|\b(the|an?) \1\b/);
      expect(form.prompt).not.toMatch(/\ba [aeiou]|\ban [^aeiou]/);
      expect(form.prompt).not.toMatch(/[,;:.?]{2}|\( | \)| ,/);
      expect(form.question).toMatchObject({ scoring: 'per-character' });
      expect(choicesOf(form)).toHaveLength(4);
      for (const choice of choicesOf(form)) {
        const beginning = choicesOf(form).filter((other) => other.startsWith(choice));
        if (beginning.length !== 1 || choice.trim() !== choice) throw new Error(`${choice} of ${choicesOf(form)}`);
      }
    }
  });
});

const LISTED = RELATIONS.flatMap((relation) =>
  relation.pools.flatMap((pool) => pool.entries.map((fact) => ({ relation, pool, fact }))),
);

describe('the lists of facts', () => {
  it('have no subject twice in a relation, and no relation twice', () => {
    expect(LISTED.length).toBeGreaterThanOrEqual(640);
    expect(new Set(LISTED.map(({ relation, fact }) => `${relation.name}: ${fact.subject}`)).size).toBe(LISTED.length);
    expect(new Set(RELATIONS.map(({ name }) => name)).size).toBe(RELATIONS.length);
  });

  it('have one subject per object if the question can be reversed', () => {
    const invertible = LISTED.filter(({ relation }) => relation.reversed !== undefined);
    expect(new Set(invertible.map(({ relation, fact }) => `${relation.name}: ${fact.object}`)).size).toBe(
      invertible.length,
    );
  });

  it('have three wrong options for each entry, none of which begins another one or is a letter', () => {
    for (const { pool, fact } of LISTED) {
      const beginning = pool.entries.filter(({ object }) => object !== fact.object && object.startsWith(fact.object));
      expect(beginning, fact.object).toEqual([]);
      expect(new Set(pool.entries.map(({ object }) => object)).size, fact.subject).toBeGreaterThanOrEqual(4);
      expect(['A', 'B', 'C', 'D']).not.toContain(fact.object);
    }
  });

  it('have as many towns of each country of a pool, so that none is a better guess', () => {
    for (const { pools } of RELATIONS.filter(({ name }) => name.endsWith('towns'))) {
      for (const { entries } of pools) {
        const counts = new Map<string, number>();
        for (const { object } of entries) counts.set(object, (counts.get(object) ?? 0) + 1);
        expect(new Set(counts.values()).size).toBe(1);
      }
    }
  });

  it('give nothing away: no object begins with the letters of a word of its subject', () => {
    const starts = (text: string) =>
      text
        .toLowerCase()
        .split(/\W+/)
        .flatMap((word) => (word.length < 4 ? [] : [word.slice(0, 4)]));
    const shared = LISTED.filter(({ fact }) =>
      starts(fact.subject).some((start) => starts(fact.object).includes(start)),
    );
    expect(shared.map(({ fact }) => fact.subject)).toEqual([]);
  });
});

describe('a question about a fact', () => {
  const byQuestion = new Map(LISTED.map((listed) => [fill(listed.relation.question, listed.fact), listed]));
  const bySentence = new Map(LISTED.map((listed) => [capitalize(fill(listed.relation.cloze, listed.fact)), listed]));
  const byReversed = new Map(
    LISTED.flatMap((listed) =>
      listed.relation.reversed ? [[fill(listed.relation.reversed, listed.fact), listed] as const] : [],
    ),
  );
  const ALL = LEVELS.filter(({ family }) => family === facts).flatMap(({ level, draws }) =>
    draws.flat().map((pair) => ({ level, ...pair })),
  );

  const asked = (prompt: string) => /^Question: (.*)\n/.exec(last(prompt))?.[1] ?? '';

  it('is about an entry of its level, whose object is one choice among others of its pool', () => {
    for (const { level, benchmark } of ALL) {
      const listed = byQuestion.get(asked(benchmark.prompt));
      expect(listed?.pool.level).toBe(level);
      expect(answerOf(benchmark)).toBe(listed?.fact.object);
      for (const choice of choicesOf(benchmark)) {
        expect(listed?.pool.entries.map(({ object }) => object)).toContain(choice);
      }
    }
  });

  it('shows no option, except in twins that name them', () => {
    for (const { benchmark, twin } of ALL) {
      for (const { prompt } of twin.template === 'options' ? [benchmark] : [benchmark, twin]) {
        expect(prompt).not.toContain('Options:');
      }
    }
  });

  it('has the same answer in every twin, except in the reversed one, which asks for the subject', () => {
    const check = ({ benchmark, twin }: { readonly benchmark: Phrasing; readonly twin: Phrasing }) => {
      const listed = byQuestion.get(asked(benchmark.prompt));
      const objects = choicesOf(benchmark);
      switch (twin.template) {
        case 'cloze':
          expect(bySentence.get(last(twin.prompt))?.fact).toBe(listed?.fact);
          return expect(choicesOf(twin)).toEqual(objects);
        case 'options':
          expect(asked(twin.prompt)).toBe(asked(benchmark.prompt));
          expect(last(twin.prompt)).toContain(`\nOptions: ${objects.join(', ')}\n`);
          return expect(choicesOf(twin)).toEqual(objects);
        default:
          expect(byReversed.get(asked(twin.prompt))?.fact).toBe(listed?.fact);
          return expect(answerOf(twin)).toBe(asOption(listed?.fact.subject ?? ''));
      }
    };
    for (const pair of ALL) {
      check(pair);
      if (pair.twin.template !== 'reversed') expect(answerOf(pair.twin)).toBe(answerOf(pair.benchmark));
    }
  });
});

type Person = Readonly<Record<string, string>>;

/** The fields in a sentence of the prose. */
const CLAUSES: readonly (readonly [field: string, clause: RegExp])[] = [
  ['boss', /works for (\w+)/],
  ['city', /lives in (\w+)/],
  ['drink', /drinks only (\w+)/],
  ['instrument', /plays the (\w+)/],
  ['job', /is an? (\w+)/],
  ['language', /speaks fluent (\w+)/],
  ['pet', /has a (\w+)/],
];
const QUESTIONS: readonly (readonly [field: string, question: RegExp])[] = [
  ['city', /^Where does (.+) live\?$/],
  ['drink', /^What does (.+) drink\?$/],
  ['instrument', /^Which instrument does (.+) play\?$/],
  ['job', /^Which job does (.+) have\?$/],
  ['language', /^Which language does (.+) speak\?$/],
  ['pet', /^Which pet does (.+) have\?$/],
];

function clauses(text: string): Person {
  return Object.fromEntries(
    CLAUSES.flatMap(([field, clause]) => {
      const found = clause.exec(text);
      return found ? [[field, found[1] ?? '']] : [];
    }),
  );
}

/** The people of some notes in prose, JSON or CSV. */
function readNotes(lines: readonly string[]): Person[] {
  const [first = ''] = lines;
  if (first.startsWith('{')) return lines.map((line): Person => JSON.parse(line));
  if (first.startsWith('name, ')) {
    const [header = [], ...rows] = lines.map((line) => line.split(', '));
    return rows.map((row) => {
      expect(row).toHaveLength(header.length);
      return Object.fromEntries(header.map((column, i) => [column, row[i] ?? '']));
    });
  }
  expect(lines).toHaveLength(1);
  return first.split(/(?<=\.) /).map((sentence) => ({ name: sentence.split(' ')[0] ?? '', ...clauses(sentence) }));
}

const matches = (person: Person, known: Person) =>
  Object.entries(known).every(([field, value]) => person[field] === value);

/** Everybody whom a description fits: a name, a field, or a boss of them. */
function find(people: readonly Person[], whom: string): Person[] {
  const worker = /^the boss of (.+)$/.exec(whom)?.[1];
  if (worker !== undefined) return find(people, worker).flatMap(({ boss = '' }) => find(people, boss));
  const known = whom.startsWith('the person who ') ? clauses(whom) : { name: whom };
  return people.filter((person) => matches(person, known));
}

/** All values that answer the question of a block of notes. */
function answersIn(block: string): (string | undefined)[] {
  const lines = block.split('\n');
  const people = readNotes(lines.slice(0, -2));
  const question = /^Question: (.*)$/.exec(lines.at(-2) ?? '')?.[1] ?? '';
  const who = /^Who (.+)\?$/.exec(question)?.[1];
  if (who) return find(people, `the person who ${who}`).map(({ name }) => name);
  return QUESTIONS.flatMap(([field, pattern]) => {
    const whom = pattern.exec(question)?.[1];
    return whom === undefined ? [] : find(people, whom).map((person) => person[field]);
  });
}

describe.each(LEVELS.filter(({ family }) => family === records))('$name', ({ draws }) => {
  it('has exactly one right answer, and so has its example', () => {
    for (const { benchmark, twin } of draws.flat()) {
      for (const form of [benchmark, twin]) {
        const [example = '', open = '', ...more] = form.prompt.split('\n\n');
        expect(more).toEqual([]);
        expect(answersIn(open), form.prompt).toEqual([answerOf(form)]);
        const [, block = '', shown = ''] = /^(.*\nAnswer:) (.*)$/s.exec(example) ?? [];
        expect(answersIn(block)).toEqual([shown]);
      }
    }
  });

  it('has only choices that the notes contain, each once, and none of which stands in the example', () => {
    for (const { benchmark, twin } of draws.flat()) {
      for (const form of [benchmark, twin]) {
        const [example = '', open = ''] = form.prompt.split('\n\n');
        for (const choice of choicesOf(form)) {
          expect(open.match(new RegExp(`\\b${choice}\\b`))).not.toBeNull();
          expect(example).not.toMatch(new RegExp(`\\b${choice}\\b`));
        }
      }
    }
  });
});
