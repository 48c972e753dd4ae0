import { describe, expect, it } from 'vitest';
import { at } from '../../src/platform/at.ts';
import { commands } from '../../src/probes/families/commands.ts';
import type { Pair, Phrasing, ProbeFamily } from '../../src/probes/families/family.ts';
import { stringOperations } from '../../src/probes/families/string-operations.ts';
import { transitiveOrdering } from '../../src/probes/families/transitive-ordering.ts';
import { wordProblems } from '../../src/probes/families/word-problems.ts';
import { NAMES, NOUNS, PLACES } from '../../src/probes/families/words.ts';
import { Random } from '../../src/probes/random.ts';
import { pieces } from './pieces.ts';

const twinsOf = ({ levels }: ProbeFamily): string[] => at(levels, 0).twins.map(({ name }) => name);

const DRAWS = 2_520;

function draw(family: ProbeFamily, seed: number, count: number): Pair[] {
  const templates = Array.from({ length: count }, (_, i) => at(twinsOf(family), i % twinsOf(family).length));
  return family.draw(new Random(seed, family.name), templates, 1);
}

/** The question itself, without the examples before it. */
const questionIn = (prompt: string) => /.*Question: (.*)\nAnswer:$/s.exec(prompt)?.[1] ?? '';
/** The worked examples, as question and answer. */
const worked = (prompt: string) =>
  [...prompt.matchAll(/Question: (.*)\nAnswer: (.*)\n/g)].map(([, question = '', answer = '']) => ({
    question,
    answer,
  }));
const numbersIn = (text: string) => (text.match(/\d+/g) ?? []).map(Number);

function choicesOf({ question }: Phrasing): readonly string[] {
  if (question.kind !== 'choice') throw new Error('no choices');
  return question.choices;
}

function answerOf({ question }: Phrasing): string {
  if (question.kind !== 'choice') throw new Error('no choices');
  return question.choices[question.answer] ?? '';
}

/** Solves a story by patterns, in any order of its sentences and whatever irrelevant sentences it has. */
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

const MORE: Readonly<Record<string, readonly [most: string, opposite: string]>> = {
  taller: ['tallest', 'shortest'],
  shorter: ['shortest', 'tallest'],
  older: ['oldest', 'youngest'],
  younger: ['youngest', 'oldest'],
  faster: ['fastest', 'slowest'],
  slower: ['slowest', 'fastest'],
  heavier: ['heaviest', 'lightest'],
  lighter: ['lightest', 'heaviest'],
  richer: ['richest', 'poorest'],
  poorer: ['poorest', 'richest'],
  louder: ['loudest', 'quietest'],
  quieter: ['quietest', 'loudest'],
};

/** Solves an ordering by counting who is below each person; fails unless the premises give exactly one order. */
function solveOrdering(question: string): string {
  const premises = [...question.matchAll(/(\w+) is (\w+) than (\w+)\./g)].map(([, a = '', more = '', b = '']) => ({
    a,
    more,
    b,
  }));
  const people = [...new Set(premises.flatMap(({ a, b }) => [a, b]))];
  const below = (person: string): Set<string> =>
    new Set(premises.filter(({ a }) => a === person).flatMap(({ b }) => [b, ...below(b)]));
  const ranked = people.toSorted((a, b) => below(b).size - below(a).size);
  ranked.forEach((person, i) => {
    expect(below(person).size).toBe(people.length - 1 - i);
  });
  const [, ordinal, superlative] = /Who is the (?:(second|third) )?(\w+)\?$/.exec(question) ?? [];
  const rank = ordinal === 'third' ? 2 : ordinal === 'second' ? 1 : 0;
  const [most, opposite] = MORE[premises[0]?.more ?? ''] ?? [];
  expect([most, opposite]).toContain(superlative);
  return ranked.at(superlative === most ? rank : -1 - rank) ?? '';
}

/** Solves a command word by word, with `after` evaluated from the right. */
function solveCommand(command: string): string {
  const [first = '', ...rest] = command.split(/ (?=and |after )/);
  const doOne = (part: string) => {
    const [verb = '', how] = part.toUpperCase().split(' ');
    if (how === 'TWICE') return `${verb} ${verb}`;
    return how === 'THRICE' ? `${verb} ${verb} ${verb}` : `${how} ${verb}`;
  };
  return rest.reduce((done, part) => {
    const next = doOne(part.replace(/^\w+ /, ''));
    return part.startsWith('and ') ? `${done} ${next}` : `${next} ${done}`;
  }, doOne(first));
}

/** `walk twice`, `jump left` */
const combinations = (command: string) => command.split(/ and | after /);

/** The operations, by their definitions in the prompt, on a plain string. */
const MEANINGS: readonly (readonly [RegExp, (s: string) => string])[] = [
  [/backwards/, (s) => Array.from(s).reduce((turned, letter) => letter + turned, '')],
  [/^move the first/, (s) => s.replace(/^(.)(.*)$/, '$2$1')],
  [/remove the first/, (s) => s.replace(/^./, '')],
  [/repeat the last/, (s) => s.replace(/(.)$/, '$1$1')],
  [/exchange the first and last/, (s) => s.replace(/^(.)(.*)(.)$/, '$3$2$1')],
];

function solveString(prompt: string, question: string): string {
  const meanings = new Map(
    [...prompt.matchAll(/^(\w+) = (.*): a b c d -> (.*)$/gm)].map(([, name = '', meaning = '', shown = '']) => {
      const operation = MEANINGS.find(([pattern]) => pattern.test(meaning))?.[1] ?? String;
      expect(Array.from(operation('abcd')).join(' ')).toBe(shown);
      return [name, operation];
    }),
  );
  expect(meanings.size).toBe(5);
  const [, letters = '', operations = ''] = /^Start with ([a-z ]+)\. Apply (.*)\.$/.exec(question) ?? [];
  const result = operations.split(', then ').reduce(
    (s, name) => {
      const operation = meanings.get(name);
      if (!operation) throw new Error(`${name} is not defined`);
      return operation(s);
    },
    letters.replaceAll(' ', ''),
  );
  return Array.from(result).join(' ');
}

const SUBJECTS = [
  { family: wordProblems, solve: (_: string, question: string) => String(solveStory(question)) },
  { family: transitiveOrdering, solve: (_: string, question: string) => solveOrdering(question) },
  { family: commands, solve: (_: string, question: string) => solveCommand(question) },
  { family: stringOperations, solve: solveString },
].map((subject) => ({ ...subject, name: subject.family.name, pairs: draw(subject.family, 7, DRAWS) }));

/** Templates of twins with another answer than the benchmark form. */
const OTHER_ANSWER = new Set(['held-out', 'longer', 'deeper']);
/** The accuracy of guessing, and the highest that a shortcut may reach. */
const CHANCE = 0.25;
const SHORTCUT = 0.45;

/** Shortcuts score choices by the question alone. Ties are guessed. */
const SHORTCUTS: Readonly<Record<string, (choice: string, question: string) => number>> = {
  'the choice that is mentioned last': (choice, question) =>
    ` ${question}`.search(new RegExp(`\\b${choice}\\b(?!.*\\b${choice}\\b)`)),
  'the choice that is mentioned first': (choice, question) => {
    const place = question.search(new RegExp(`\\b${choice}\\b`));
    return place < 0 ? -1e6 : -place;
  },
  'a choice that is not mentioned': (choice, question) => (question.includes(choice) ? 0 : 1),
  'the choice that is mentioned most often': (choice, question) => question.split(choice).length,
  'the largest number': (choice) => Number(choice) || 0,
  'the smallest number': (choice) => -Number(choice) || 0,
  'a round number': (choice) => (choice.endsWith('0') || choice.endsWith('5') ? 1 : 0),
  'the sum of all numbers': (choice, question) =>
    numbersIn(question).reduce((a, b) => a + b, 0) === Number(choice) ? 1 : 0,
  'the longest choice': (choice) => choice.length,
  'the shortest choice': (choice) => -choice.length,
  'the alphabetically first choice': (choice) => -choice.charCodeAt(0),
  'the choice in the order of the question': (choice, question) =>
    question.toUpperCase().startsWith(choice.split(' ').find((word) => !/LEFT|RIGHT/.test(word)) ?? '-') ? 1 : 0,
  'the choice most similar to the given letters': (choice, question) => {
    const given = question.replace(/^Start with |\..*$/g, '').split(' ');
    return choice.split(' ').filter((letter, i) => letter === given[i]).length;
  },
  'the choice least similar to the given letters': (choice, question) => {
    const given = question.replace(/^Start with |\..*$/g, '').split(' ');
    return -choice.split(' ').filter((letter, i) => letter === given[i]).length;
  },
};

function accuracy(pairs: readonly Pair[], score: (choice: string, question: string) => number): number {
  const right = pairs.map(({ benchmark }) => {
    const question = questionIn(benchmark.prompt);
    const scores = choicesOf(benchmark).map((choice) => ({ choice, score: score(choice, question) }));
    const best = Math.max(...scores.map((each) => each.score));
    const picked = scores.filter((each) => each.score === best).map(({ choice }) => choice);
    return picked.includes(answerOf(benchmark)) ? 1 / picked.length : 0;
  });
  return right.reduce((a, b) => a + b, 0) / right.length;
}

describe.each(SUBJECTS)('$name', ({ family, solve, pairs }) => {
  const forms = pairs.flatMap(({ benchmark, twin }) => [benchmark, twin]);

  it('has exactly one right answer, which follows from the prompt', () => {
    for (const form of forms) {
      const choices = choicesOf(form);
      expect(new Set(choices).size).toBe(4);
      expect(choices).toContain(answerOf(form));
      expect(solve(form.prompt, questionIn(form.prompt)), form.prompt).toBe(answerOf(form));
      for (const { question, answer } of worked(form.prompt)) expect(solve(form.prompt, question)).toBe(answer);
    }
  });

  it('has short prompts without gaps or double spaces, which end where the answer begins', () => {
    for (const { prompt } of forms) {
      expect(prompt).toMatch(/^[A-Za-z].*[^\s]$/s);
      expect(prompt).toMatch(/\nAnswer:$/);
      expect(worked(prompt).length).toBeGreaterThan(0);
      expect(prompt).not.toMatch(/ {2}|[ \t]\n|\n{3}|undefined|NaN|[{}]|null/);
      expect(prompt.length).toBeLessThan(700);
      expect(pieces(prompt)).toBeLessThanOrEqual(170);
    }
  });

  it('has twins with the requested templates, as long as the benchmark form within 10%', () => {
    for (const [i, { benchmark, twin }] of pairs.entries()) {
      expect(benchmark.template).toBe('exam');
      expect(twin.template).toBe(twinsOf(family)[i % twinsOf(family).length]);
      expect(twin.prompt).not.toBe(benchmark.prompt);
      const ratio = pieces(twin.prompt) / pieces(benchmark.prompt);
      expect(Math.abs(ratio - 1), `${benchmark.prompt}\n${twin.prompt}`).toBeLessThanOrEqual(0.1);
      const same = answerOf(twin) === answerOf(benchmark);
      if (OTHER_ANSWER.has(twin.template)) expect(same).toBe(false);
      else if (twin.template !== 'nonce') expect(choicesOf(twin)).toEqual(choicesOf(benchmark));
    }
  });

  it('repeats no fact, and draws the same facts for the same seed', () => {
    expect(new Set(pairs.map(({ benchmark }) => benchmark.prompt)).size).toBe(pairs.length);
    expect(draw(family, 7, 30)).toEqual(draw(family, 7, 30));
    expect(draw(family, 8, 30)).not.toEqual(draw(family, 7, 30));
    expect(family.draw(new Random(7, 'none'), [], 1)).toEqual([]);
  });

  it('refuses an unknown twin template', () => {
    expect(() => family.draw(new Random(7, 'unknown'), ['upside-down'], 1)).toThrow(/upside-down/);
  });

  it('puts the right choice in each place equally often', () => {
    const places = forms.map(({ question }) => (question.kind === 'choice' ? question.answer : -1));
    for (const place of [0, 1, 2, 3]) {
      const share = places.filter((each) => each === place).length / places.length;
      expect(Math.abs(share - CHANCE)).toBeLessThan(0.025);
    }
  });

  it.each(Object.entries(SHORTCUTS))('is not solved by picking %s', (_, score) => {
    expect(accuracy(pairs, score)).toBeLessThan(SHORTCUT);
  });
});

const pairsOf = (family: ProbeFamily, template: string) =>
  SUBJECTS.flatMap((subject) => (subject.family === family ? subject.pairs : []))
    .filter(({ twin }) => twin.template === template)
    .map(({ benchmark, twin }) => ({
      exam: questionIn(benchmark.prompt),
      other: questionIn(twin.prompt),
      benchmark,
      twin,
    }));

const sentences = (text: string) => text.split(/(?<=[.?]) /);
const sorted = <T>(things: readonly T[]) => things.map(String).toSorted();
const actionsIn = (answer: string) => answer.split(' ').length;

describe('word problems', () => {
  const TEMPLATES = ['renamed', 'reordered', 'distracted'];
  const KEYWORDS = 'collect,before giving,in each box,in each bag,costs,saves,times,half,packs'.split(',');

  it.each(TEMPLATES)('use all story templates equally often: %s', (name) => {
    const counts = new Map<string, number>();
    for (const { exam } of pairsOf(wordProblems, name)) {
      const template = KEYWORDS.find((words) => exam.includes(words)) ?? 'the other';
      counts.set(template, (counts.get(template) ?? 0) + 1);
    }
    expect(counts.size).toBe(KEYWORDS.length + 1);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  });

  it.each(TEMPLATES)('are grammatical English: %s', (name) => {
    for (const { exam, other } of pairsOf(wordProblems, name)) {
      for (const story of [exam, other]) {
        for (const sentence of sentences(story)) expect(sentence).toMatch(/^[A-Z][^.?]+[.?]$/);
        expect(story).not.toMatch(/\ba [aeiou]|\ban [^aeiou]|\b[01] /i);
        const counted = [
          ...story.matchAll(/\d+ (?!more|fewer|times|to\b)(\w+)/g),
          ...story.matchAll(/(?:many|more|fewer) (?!more)(\w+)/g),
        ];
        expect(counted.length).toBeGreaterThan(2);
        for (const [, noun] of counted) expect(noun).toMatch(/s$|^people$/);
      }
    }
  });

  it('keep their numbers, and change people, things and places, if renamed', () => {
    const known = new Set([...NAMES, ...PLACES, ...NOUNS.flatMap(({ one, many }) => [one, many])]);
    for (const { exam, other } of pairsOf(wordProblems, 'renamed')) {
      expect(numbersIn(other)).toEqual(numbersIn(exam));
      const [before, after] = [exam, other].map((story) => story.match(/\w+/g) ?? []);
      expect(after).toHaveLength(before?.length ?? 0);
      expect(before?.filter((word) => known.has(word)).length).toBeGreaterThan(2);
      expect(after?.filter((word) => known.has(word))).toEqual([]);
    }
  });

  it('have the same sentences in another order, if reordered', () => {
    for (const { exam, other } of pairsOf(wordProblems, 'reordered')) {
      expect(sorted(sentences(other))).toEqual(sorted(sentences(exam)));
      expect(numbersIn(other)).not.toEqual(numbersIn(exam));
      expect(sentences(other).at(-1)).toBe(sentences(exam).at(-1));
    }
  });

  it('have one more number, which is a wrong choice, if distracted', () => {
    for (const { exam, other, twin } of pairsOf(wordProblems, 'distracted')) {
      const added = numbersIn(other).filter((n) => !numbersIn(exam).includes(n));
      expect(added).toHaveLength(1);
      expect(numbersIn(other)).toHaveLength(numbersIn(exam).length + 1);
      expect(choicesOf(twin).filter((choice) => choice !== answerOf(twin))).toContain(String(added[0]));
      expect(sentences(other).filter((sentence) => !exam.includes(sentence))).toHaveLength(1);
    }
  });
});

describe('transitive ordering', () => {
  it('has the same people under other names, if nonce', () => {
    const roles = (question: string) => {
      const names = [...new Set([...question.matchAll(/(\w+) is \w+ than (\w+)/g)].flatMap((match) => match.slice(1)))];
      return {
        names,
        text: names.reduce((text, name, i) => text.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `<${i}>`), question),
      };
    };
    for (const { exam, other, benchmark, twin } of pairsOf(transitiveOrdering, 'nonce')) {
      const [known, nonce] = [roles(exam), roles(other)];
      expect(nonce.text).toBe(known.text);
      expect(known.names).toHaveLength(new Set([...known.names, ...nonce.names]).size - nonce.names.length);
      const places = (form: Phrasing, names: string[]) => choicesOf(form).map((choice) => names.indexOf(choice));
      expect(places(twin, nonce.names)).toEqual(places(benchmark, known.names));
    }
  });

  it('states the same facts by the inverse relation, with the same question, if inverted', () => {
    for (const { exam, other } of pairsOf(transitiveOrdering, 'inverted')) {
      const [, relation = ''] = /is (\w+) than/.exec(exam) ?? [];
      const [, inverse = ''] = /is (\w+) than/.exec(other) ?? [];
      expect(MORE[inverse]).toEqual(MORE[relation]?.toReversed());
      expect(other.replace(/(\w+) is \w+ than (\w+)/g, `$2 is ${relation} than $1`)).toBe(exam);
    }
  });

  it('states the premises in another order, if permuted', () => {
    for (const { exam, other } of pairsOf(transitiveOrdering, 'permuted')) {
      expect(other).not.toBe(exam);
      expect(sorted(sentences(other))).toEqual(sorted(sentences(exam)));
      expect(sentences(other).at(-1)).toBe(sentences(exam).at(-1));
    }
  });
});

describe('commands', () => {
  const shownIn = (form: Phrasing) => worked(form.prompt).flatMap(({ question }) => combinations(question));
  const longest = (form: Phrasing) => Math.max(...worked(form.prompt).map(({ answer }) => actionsIn(answer)));

  it.each(twinsOf(commands))('combine what the examples show, in the benchmark form: %s', (name) => {
    for (const { exam, benchmark } of pairsOf(commands, name)) {
      for (const combination of combinations(exam)) expect(shownIn(benchmark)).toContain(combination);
      const [conjunction = ''] = / and | after /.exec(exam) ?? [];
      expect(worked(benchmark.prompt).some(({ question }) => question.includes(conjunction))).toBe(true);
      expect(actionsIn(answerOf(benchmark))).toBeLessThanOrEqual(longest(benchmark));
    }
  });

  it('combine words that the examples show only separately, if held out', () => {
    for (const { other, twin } of pairsOf(commands, 'held-out')) {
      const shown = shownIn(twin);
      for (const combination of combinations(other)) {
        expect(shown).not.toContain(combination);
        for (const word of combination.split(' ')) expect(shown.join(' ').split(' ')).toContain(word);
      }
      expect(actionsIn(answerOf(twin))).toBeLessThanOrEqual(longest(twin));
    }
  });

  it('are longer than any example, but combine what the examples show, if longer', () => {
    for (const { exam, other, twin } of pairsOf(commands, 'longer')) {
      expect(other.startsWith(`${exam} `)).toBe(true);
      for (const combination of combinations(other)) expect(shownIn(twin)).toContain(combination);
      expect(actionsIn(answerOf(twin))).toBeGreaterThan(longest(twin));
    }
  });
});

describe('string operations', () => {
  const steps = (question: string) => (/Apply (.*)\.$/.exec(question)?.[1] ?? '').split(', then ');

  it('continue to three steps, if deeper', () => {
    for (const { exam, other, benchmark, twin } of pairsOf(stringOperations, 'deeper')) {
      expect(steps(other)).toHaveLength(3);
      expect(steps(exam).length).toBeLessThan(3);
      expect(steps(other).slice(0, steps(exam).length)).toEqual(steps(exam));
      const before = ({ prompt }: Phrasing) => prompt.slice(0, prompt.lastIndexOf('Question: '));
      expect(before(twin)).toBe(before(benchmark));
    }
  });

  it('have other names for all operations, if renamed', () => {
    for (const { exam, other, benchmark, twin } of pairsOf(stringOperations, 'renamed')) {
      expect(steps(other)).toHaveLength(steps(exam).length);
      const names = (form: Phrasing) => [...form.prompt.matchAll(/^(\w+) = /gm)].map((match) => match[1]);
      expect(new Set([...names(benchmark), ...names(twin)]).size).toBe(10);
    }
  });

  it('have choices of the same length, so that none is more likely because of it', () => {
    for (const { benchmark, twin } of SUBJECTS[3]?.pairs ?? []) {
      for (const form of [benchmark, twin]) expect(new Set(choicesOf(form).map(pieces)).size).toBe(1);
    }
  });
});
