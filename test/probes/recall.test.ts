import { describe, expect, it } from 'vitest';
import { at } from '../../src/platform/at.ts';
import { asOption, fill } from '../../src/probes/families/facts/relation.ts';
import { RELATIONS } from '../../src/probes/families/facts/relations.ts';
import { facts } from '../../src/probes/families/facts.ts';
import type { Pair, Phrasing, ProbeFamily } from '../../src/probes/families/family.ts';
import { records } from '../../src/probes/families/records.ts';
import { capitalize } from '../../src/probes/families/words.ts';
import { Random } from '../../src/probes/random.ts';
import { pieces } from './pieces.ts';

const twinsOf = ({ levels }: ProbeFamily): string[] => at(levels, 0).twins.map(({ name }) => name);

const twinTemplate = ({ twin }: Pair) => twin.template;

/** `draws` suites of `size` facts, with the twin templates in the order of the built-in suite. */
function pairsOf(family: ProbeFamily, size: number, draws: number): Pair[][] {
  const templates = Array.from({ length: size }, (_, i) => at(twinsOf(family), i % twinsOf(family).length));
  return Array.from({ length: draws }, (_, seed) => family.draw(new Random(seed, 'recall test'), templates, 1));
}

const FACTS = pairsOf(facts, 100, 52);
const RECORDS = pairsOf(records, 200, 26);

/** The question itself: the last paragraph. */
const last = (prompt: string) => prompt.split('\n\n').at(-1) ?? '';

/** The groups of the only pattern that matches. */
function match(text: string, ...patterns: RegExp[]): string[] {
  const found = patterns.flatMap((pattern) => {
    const groups = pattern.exec(text);
    return groups ? [groups.slice(1)] : [];
  });
  const [groups] = found;
  if (groups === undefined || found.length > 1) throw new Error(`${found.length} patterns match: ${text}`);
  return groups;
}

function choiceOf({ question }: Phrasing) {
  if (question.kind !== 'choice') throw new Error('not a choice');
  return { ...question, right: question.choices[question.answer] ?? '' };
}

/** Share of facts for which a guess is right; ties are guessed. */
function share<T>(things: readonly T[], guess: (thing: T) => { guessed: readonly string[]; right: string }): number {
  const hits = things.map((thing) => {
    const { guessed, right } = guess(thing);
    return guessed.includes(right) ? 1 / guessed.length : 0;
  });
  return hits.reduce((sum, hit) => sum + hit, 0) / things.length;
}

/** The longest or shortest choices. */
function byLength(options: readonly string[], pick: (...lengths: number[]) => number): string[] {
  const extreme = pick(...options.map((option) => option.length));
  return options.filter((option) => option.length === extreme);
}

describe.each([
  [facts, FACTS, (prompt: string) => match(last(prompt), /^Question: (.*)\n/).join()],
  [records, RECORDS, String],
] as const)('every draw of $name', (family, draws, factOf) => {
  const pairs = draws.flat();
  const forms = pairs.flatMap(({ benchmark, twin }) => [benchmark, twin]);

  it('has the requested twin templates, no fact twice, and the same facts again for the same seed', () => {
    expect(pairs.length).toBeGreaterThanOrEqual(5000);
    for (const drawn of draws) {
      expect(drawn.map(twinTemplate)).toEqual(drawn.map((_, i) => twinsOf(family)[i % twinsOf(family).length]));
      expect(new Set(drawn.map(({ benchmark }) => factOf(benchmark.prompt))).size).toBe(drawn.length);
    }
    const [first = []] = draws;
    expect(family.draw(new Random(0, 'recall test'), first.map(twinTemplate), 1)).toEqual(first);
    expect(() => family.draw(new Random(0, 'x'), ['rhymed'], 1)).toThrow('unknown twin template rhymed');
  });

  it('has twins as long as the benchmark form within 10%, and fits a small context', () => {
    for (const { benchmark, twin } of pairs) {
      const ratio = pieces(twin.prompt) / pieces(benchmark.prompt);
      expect(Math.abs(ratio - 1), `${benchmark.prompt}\n\n${twin.prompt}`).toBeLessThanOrEqual(0.1);
    }
    expect(Math.max(...forms.map(({ prompt }) => prompt.length))).toBeLessThan(700);
    expect(Math.max(...forms.map(({ prompt }) => pieces(prompt)))).toBeLessThan(170);
  });

  it('has no stray space, wrong article, gap or repeated choice', () => {
    for (const { prompt, question } of forms) {
      expect(prompt).not.toMatch(/ {2}| \n|\s$|^\s|undefined|\{(?:sub|ob)ject\}|\b(the|an?) \1\b/);
      expect(prompt).not.toMatch(/\ba [aeiou]|\ban [^aeiou]/);
      expect(prompt).not.toMatch(/[,;:.?]{2}|\( | \)| ,/);
      if (question.kind !== 'choice') throw new Error('not a choice');
      expect(question.choices).toHaveLength(4);
      for (const choice of question.choices) {
        const beginning = question.choices.filter((other) => other.startsWith(choice));
        if (beginning.length !== 1 || choice.trim() !== choice) throw new Error(`${choice} of ${question.choices}`);
      }
    }
  });

  it('has the right choice in each place equally often, for each template', () => {
    for (const template of ['exam', ...twinsOf(family)]) {
      const answers = forms.filter((form) => form.template === template).map((form) => choiceOf(form).answer);
      for (const place of [0, 1, 2, 3]) {
        const share = answers.filter((answer) => answer === place).length / answers.length;
        expect(Math.abs(share - 0.25), `${template} ${place}`).toBeLessThan(4 * Math.sqrt(0.1875 / answers.length));
      }
    }
  });
});

const LISTED = RELATIONS.flatMap((relation) =>
  relation.pools.flatMap((pool) => pool.map((fact) => ({ relation, pool, fact }))),
);

describe('the lists of facts', () => {
  it('have at least 240 entries, and no subject twice in a relation', () => {
    expect(LISTED.length).toBeGreaterThanOrEqual(240);
    expect(new Set(LISTED.map(({ relation, fact }) => `${relation.name}: ${fact.subject}`)).size).toBe(LISTED.length);
    expect(new Set(RELATIONS.map(({ name }) => name)).size).toBe(RELATIONS.length);
  });

  it('have one subject per object if the question can be reversed, and enough of these for a suite', () => {
    const invertible = LISTED.filter(({ relation }) => relation.reversed !== undefined);
    expect(invertible.length).toBeGreaterThanOrEqual(100);
    expect(new Set(invertible.map(({ relation, fact }) => `${relation.name}: ${fact.object}`)).size).toBe(
      invertible.length,
    );
  });

  it('have three wrong options for each entry, none of which begins another one or is a label', () => {
    for (const { pool, fact } of LISTED) {
      const beginning = pool.filter(({ object }) => object !== fact.object && object.startsWith(fact.object));
      expect(beginning, fact.object).toEqual([]);
      expect(new Set(pool.map(({ object }) => object)).size, fact.subject).toBeGreaterThanOrEqual(4);
      expect(['A', 'B', 'C', 'D', 'None of these']).not.toContain(fact.object);
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

  it('are used equally often, relation by relation', () => {
    const relationOf = new Map(LISTED.map(({ relation, fact }) => [fill(relation.question, fact), relation.name]));
    for (const drawn of FACTS.slice(0, 10)) {
      const counts = new Map<string, number>();
      for (const { benchmark } of drawn.slice(0, 60)) {
        const name = relationOf.get(match(last(benchmark.prompt), /^Question: (.*)\n/)[0] ?? '') ?? '';
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      expect(counts.size).toBe(RELATIONS.length);
      expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(2);
    }
  });
});

describe('a question about a fact', () => {
  const byQuestion = new Map(LISTED.map(({ relation, fact }) => [fill(relation.question, fact), { relation, fact }]));
  const bySentence = new Map(LISTED.map(({ relation, fact }) => [capitalize(fill(relation.cloze, fact)), fact]));
  const byReversed = new Map(
    LISTED.flatMap(({ relation, fact }) =>
      relation.reversed ? [[fill(relation.reversed, fact), { relation, fact }]] : [],
    ),
  );
  const EXAM = /^Question: (.*)\nA\. (.*)\nB\. (.*)\nC\. (.*)\nD\. (.*)\nAnswer:$/;
  const OTHERS = [
    /^Q\) (.*)\n\(w\) (.*)\n\(x\) (.*)\n\(y\) (.*)\n\(z\) (.*)\nReply:$/,
    /^QUIZ: (.*) \[a\] (.*) \[b\] (.*) \[c\] (.*) \[d\] (.*) CHOICE:$/,
    /^Q\. (.*)\n1\) (.*)\n2\) (.*)\n3\) (.*)\n4\) (.*)\nOption no\.$/,
    /^Problem: (.*)\n1: (.*)\n2: (.*)\n3: (.*)\n4: (.*)\nSolution:$/,
  ];
  const withTemplate = (template: string) => FACTS.flat().filter((pair) => twinTemplate(pair) === template);

  function parse({ prompt }: Phrasing, ...patterns: RegExp[]) {
    const [question = '', ...options] = match(last(prompt), ...patterns);
    return { question, options };
  }

  /** The options: the object of the entry is one of them, once, and is marked as right. */
  function checkObject(form: Phrasing, ...patterns: RegExp[]) {
    const { question, options } = parse(form, ...patterns);
    const listed = byQuestion.get(question);
    expect(options.map((option) => option === listed?.fact.object)).toEqual(
      options.map((_, i) => i === choiceOf(form).answer),
    );
    return { question, options, ...listed };
  }

  it('has exactly one right letter in the exam', () => {
    for (const { benchmark } of FACTS.flat()) {
      checkObject(benchmark, EXAM);
      expect(benchmark).toMatchObject({
        template: 'exam',
        question: { choices: ['A', 'B', 'C', 'D'], scoring: 'raw' },
      });
    }
  });

  it('has exactly one right text in the cloze form', () => {
    for (const { benchmark, twin } of withTemplate('cloze')) {
      const { fact, options } = checkObject(benchmark, EXAM);
      const [bank = '', sentence = ''] = match(last(twin.prompt), /^The next .* these four: (.*)\.\n(.*)$/);
      expect(bank.split(/, | or /)).toEqual(options);
      expect(bySentence.get(sentence)).toBe(fact);
      expect(choiceOf(twin)).toMatchObject({ choices: options, right: fact?.object, scoring: 'per-character' });
    }
  });

  it('has exactly one right subject if reversed', () => {
    for (const { benchmark, twin } of withTemplate('reversed')) {
      const { fact, relation } = checkObject(benchmark, EXAM);
      const { question, options } = parse(twin, EXAM);
      expect(byReversed.get(question)).toEqual({ fact, relation });
      const objects = options.map(
        (option) =>
          LISTED.find((each) => each.relation === relation && asOption(each.fact.subject) === option)?.fact.object,
      );
      expect(new Set(objects).size).toBe(4);
      expect(objects.indexOf(fact?.object)).toBe(choiceOf(twin).answer);
    }
  });

  it('has exactly one right label, and another order of options, if restyled', () => {
    const styles = new Set<string>();
    for (const { benchmark, twin } of withTemplate('restyled')) {
      const exam = checkObject(benchmark, EXAM);
      const restyled = checkObject(twin, ...OTHERS);
      styles.add(choiceOf(twin).choices.join());
      expect(restyled.question).toBe(exam.question);
      expect(restyled.options.toSorted()).toEqual(exam.options.toSorted());
      expect(restyled.options).not.toEqual(exam.options);
      expect(restyled.options.some((option) => choiceOf(twin).choices.includes(option))).toBe(false);
    }
    expect(styles.size).toBe(3);
  });

  it('has exactly one right letter if "None of these" can be right, which it is in a quarter', () => {
    const rights = withTemplate('none-of-these').map(({ benchmark, twin }): number => {
      const exam = checkObject(benchmark, EXAM);
      const { question, options } = parse(twin, EXAM);
      expect(question).toBe(exam.question);
      expect(options.at(-1)).toBe('None of these');
      expect(options.slice(0, -1).every((option) => exam.options.includes(option))).toBe(true);
      const place = options.indexOf(exam.fact?.object ?? '');
      expect(choiceOf(twin).answer).toBe(place < 0 ? 3 : place);
      return place < 0 ? 1 : 0;
    });
    const noneIsRight = rights.reduce((sum, right) => sum + right, 0) / rights.length;
    expect(Math.abs(noneIsRight - 0.25)).toBeLessThan(0.05);
  });

  it('is not answered by the length of its options', () => {
    for (const pick of [Math.max, Math.min]) {
      const hits = share(FACTS.flat(), ({ benchmark }) => {
        const { options, fact } = checkObject(benchmark, EXAM);
        return { guessed: byLength(options, pick), right: fact?.object ?? '' };
      });
      expect(Math.abs(hits - 0.25)).toBeLessThan(0.025);
    }
  });
});

type Person = Readonly<Record<string, string>>;

/** The fields in a sentence of the prose. */
const CLAUSES: readonly (readonly [field: string, clause: RegExp])[] = [
  ['city', /lives in (\w+)/],
  ['drink', /drinks only (\w+)/],
  ['instrument', /plays the (\w+)/],
  ['job', /is a (\w+)/],
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

const isPerson = (person: Person, known: Person) =>
  Object.entries(known).every(([field, value]) => person[field] === value);

/** All values that answer a question about the records. */
function answers(people: readonly Person[], question: string): (string | undefined)[] {
  const who = /^Who (.+)\?$/.exec(question)?.[1];
  if (who) return people.filter((person) => isPerson(person, clauses(who))).map(({ name }) => name);
  return QUESTIONS.flatMap(([field, pattern]) => {
    const whom = pattern.exec(question)?.[1];
    if (whom === undefined) return [];
    const known = whom.startsWith('the person who ') ? clauses(whom) : { name: whom };
    return people.filter((person) => isPerson(person, known)).map((person) => person[field]);
  });
}

interface Read {
  readonly people: readonly Person[];
  readonly worked: { readonly question: string; readonly answer: string };
  readonly question: string;
}

function read(prompt: string): Read {
  if (prompt.startsWith('{')) return readJson(prompt);
  const [, data = '', solved = '', open = ''] = prompt.split('\n\n');
  const [question = '', answer = ''] = match(solved, /^Question: (.*)\nAnswer: (\w+)$/);
  const people = data.includes('\n') ? readCsv(data) : readProse(data);
  return { people, worked: { question, answer }, question: match(open, /^Question: (.*)\nAnswer:$/)[0] ?? '' };
}

/** The lines are valid JSON once an answer closes the last one. */
function readJson(prompt: string): Read {
  const lines = `${prompt} "Oslo"}`.split('\n').map((line): Person => JSON.parse(line));
  const [worked, open] = lines.slice(-2);
  return {
    people: lines.slice(0, -2),
    worked: { question: worked?.question ?? '', answer: worked?.answer ?? '' },
    question: open?.question ?? '',
  };
}

function readCsv(table: string): Person[] {
  const [header = [], ...rows] = table.split('\n').map((row) => row.split(', '));
  return rows.map((row) => {
    if (row.length !== header.length) throw new Error(`not as long as the header: ${row}`);
    return Object.fromEntries(header.map((column, i) => [column, row[i] ?? '']));
  });
}

function readProse(text: string): Person[] {
  return text.split(/(?<=\.) /).map((sentence) => {
    const [name = '', rest = ''] = match(sentence, /^(\w+) (.* and .*)\.$/);
    return { name, ...clauses(rest) };
  });
}

/** The choices without the quotes that they have in JSON. */
function unquoted(form: Phrasing) {
  const { choices, answer, scoring } = choiceOf(form);
  const bare = form.template === 'json' ? choices.map((choice): string => JSON.parse(choice)) : choices;
  return { choices: bare, answer, scoring, right: bare[answer] ?? '' };
}

describe('a record', () => {
  const pairs = RECORDS.flat();

  it('contains the same data in every format, and has exactly one right answer', () => {
    for (const { benchmark, twin } of pairs) {
      const data = read(benchmark.prompt).people;
      const values = data.flatMap((person) => Object.values(person));
      expect([data.length, values.length, new Set(values).size]).toEqual([5, 15, 15]);
      for (const form of [benchmark, twin]) {
        const { people, worked, question } = read(form.prompt);
        const { right, choices, scoring } = unquoted(form);
        expect({ people, worked: [worked.answer], right: [right], scoring }, form.prompt).toEqual({
          people: data,
          worked: answers(people, worked.question),
          right: answers(people, question),
          scoring: 'raw',
        });
        const field = Object.keys(people[0] ?? {}).find((key) => people.some((person) => person[key] === right)) ?? '';
        expect([...choices, worked.answer].toSorted()).toEqual(people.map((person) => person[field]).toSorted());
      }
    }
  });

  it('has the same answer in prose, JSON, CSV and by two hops', () => {
    for (const pair of pairs) {
      const [exam, twin] = [unquoted(pair.benchmark), unquoted(pair.twin)];
      expect(twin.answer).toBe(exam.answer);
      if (twinTemplate(pair) !== 'inverse') expect(twin.right).toBe(exam.right);
      else expect(read(pair.benchmark.prompt).question).toContain(twin.right);
    }
  });

  it('is not answered by place or length', () => {
    const ordered = ({ benchmark }: Pair) => {
      const { choices, right } = choiceOf(benchmark);
      const data = benchmark.prompt.split('\n\n')[1] ?? '';
      return { right, choices: choices.toSorted((a, b) => data.indexOf(` ${a}`) - data.indexOf(` ${b}`)) };
    };
    for (const place of [0, -1]) {
      const hits = share(pairs, (pair) => {
        const { right, choices } = ordered(pair);
        return { guessed: choices.slice(place).slice(0, 1), right };
      });
      expect(Math.abs(hits - 0.25)).toBeLessThan(0.025);
    }
    for (const pick of [Math.max, Math.min]) {
      const hits = share(pairs, ({ benchmark }) => {
        const { right, choices } = choiceOf(benchmark);
        return { guessed: byLength(choices, pick), right };
      });
      expect(Math.abs(hits - 0.25)).toBeLessThan(0.025);
    }
  });
});
