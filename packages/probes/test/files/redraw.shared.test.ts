import { readFileSync } from 'node:fs';
import { at } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { fixture, shared } from '../../../../test/fixtures.ts';
import { itNeeds } from '../../../../test/needs.ts';
import { type ProbeFileOptions, readProbeFile } from '../../src/files/read.ts';
import { Random } from '../../src/random.ts';
import { STEP_MODES, type StepMode } from '../../src/redraw/link-steps.ts';
import { type Redrawn, redraw } from '../../src/redraw/redraw.ts';
import { problemsOf } from './recompute.ts';

interface Problem {
  readonly id: string;
  readonly question: string;
  readonly solution: string;
  readonly target: string;
}

function readProblems(path: string): Problem[] {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line, i) => {
    const { id = String(i), question, answer } = JSON.parse(line) as Record<string, string>;
    const solution = answer ?? '';
    return {
      id,
      question: question ?? '',
      solution,
      target: (solution.split('####')[1] ?? '').trim().replaceAll(',', ''),
    };
  });
}

const OWN = readProblems(fixture('probes', 'steps.jsonl'));
const GSM8K = shared('data', 'gsm8k-test-200.jsonl');

const draw = (problem: Problem, mode: StepMode, seed = 1): Redrawn | null =>
  redraw(problem, { mode, random: new Random(seed, `redrawn of ${problem.id}`) });

const own = (id: string): Problem =>
  at(
    OWN.filter((problem) => problem.id === id),
    0,
  );

/** A problem of one sentence, with the calculations of its solution. */
function problem(question: string, ...steps: readonly string[]): Problem {
  const target = steps.at(-1)?.split('=')[1] ?? '';
  const solution = `${steps.map((step) => `<<${step}>>`).join('\n')}\n#### ${target}`;
  return { id: question, question, solution, target };
}

/** Every redrawn problem, with what is wrong with it. */
function checkAll(problems: readonly Problem[], mode: StepMode, seeds: readonly number[]) {
  const wrong: string[] = [];
  const redrawn = new Set<string>();
  for (const seed of seeds) {
    for (const original of problems) {
      const twin = draw(original, mode, seed);
      if (twin === null) continue;
      redrawn.add(original.id);
      for (const what of problemsOf(original, twin)) wrong.push(`${original.id}: ${what}\n${twin.question}`);
    }
  }
  return { wrong, redrawn };
}

describe('a redrawn word problem', () => {
  it.each(STEP_MODES)('has the answer that its own numbers give, recomputed by other code (%s)', (mode) => {
    const { wrong, redrawn } = checkAll(OWN, mode, [1, 2, 3, 4, 5]);
    expect(wrong).toEqual([]);
    expect(redrawn).toContain('ferry');
  });

  itNeeds(GSM8K !== null, '../shared/data')('of 200 of GSM8K has the answer that other code recomputes', () => {
    const problems = readProblems(GSM8K ?? '');
    const strict = checkAll(problems, 'strict', [1, 2]);
    const loose = checkAll(problems, 'loose', [1]);
    expect([...strict.wrong, ...loose.wrong]).toEqual([]);
    // The shares that docs/reference/probes.md states.
    expect([problems.length, strict.redrawn.size, loose.redrawn.size]).toEqual([200, 79, 92]);
  });

  it('is found wrong by the other code if one number is wrong', () => {
    const original = own('ferry');
    const twin = draw(original, 'strict');
    if (!twin) throw new Error('not redrawn');
    expect(problemsOf(original, { ...twin, target: `${twin.target}0` })).not.toEqual([]);
    const [first = '', ...rest] = twin.steps;
    expect(problemsOf(original, { ...twin, steps: [first.replace(/^\d/, '9'), ...rest] })).not.toEqual([]);
    expect(problemsOf(original, { ...twin, question: twin.question.replace(/\$\d/, '$9') })).not.toEqual([]);
  });

  it('is written as the original is, with other numbers of the same size', () => {
    const twin = draw(own('ferry'), 'strict');
    expect(twin?.question).toMatch(
      /^A ferry carries 1,\d{3} passengers on Saturday and \d{3} on Sunday\. A ticket costs \$[2356]\./,
    );
    const articles = [1, 2, 3, 4, 5, 6].map((seed) => draw(own('shift'), 'strict', seed)?.question ?? '');
    for (const question of articles) expect(question).toMatch(/works (an 8|a [4-79])-hour shift/);
    expect(new Set(articles).size).toBeGreaterThan(2);
  });

  it('is the same for the same seed, whatever else is drawn', () => {
    expect(draw(own('ferry'), 'strict', 7)).toEqual(draw(own('ferry'), 'strict', 7));
    expect(draw(own('ferry'), 'strict', 7)).not.toEqual(draw(own('ferry'), 'strict', 8));
  });

  it('keeps the words and percentages of the question, and the facts of the world', () => {
    for (const seed of [1, 2, 3]) {
      expect(draw(own('knitting'), 'strict', seed)?.question).toContain('twice as many');
      expect(draw(own('shift'), 'strict', seed)?.question).toContain('25%');
      expect(draw(own('week'), 'strict', seed)?.steps[0]).toMatch(/^\d\*7=/);
    }
  });

  it.each([
    ['a number that no step uses', own('unused')],
    ['a step whose arithmetic is wrong', own('wrong-step')],
    ['a number of the text that no step explains', own('hidden')],
    ['a question about which is less', own('choice')],
    ['a solution without steps', own('no-steps')],
    ['an answer that is not the last result', { ...own('ferry'), target: '2100' }],
    ['two numbers that could be each other', problem('Bo has 6 bags with 6 nuts each. How many nuts?', '6*6=36')],
    [
      'a part that follows from a whole',
      problem('Ann has 9 cats. 4 are black, and the other 5 eat 2 fish each. How many fish?', '5*2=10', '10=10'),
    ],
    ['a result that no step uses', problem('Al runs 8 km, Bo 5 km. How far runs Al?', '8-5=3', '8=8')],
    ['a known fact that is added', problem('Al buys 3 gallons and 5 cups. How many?', '3*16=48', '48+5=53', '53+8=61')],
    ['arithmetic that is not plain', problem('Al has 50 nuts and eats 20%. How many does he eat?', '50*20%=10')],
    ['a negative result', problem('It is 4 degrees and gets 9 degrees colder. How cold is it?', '9-4=5', '5-9=-4')],
    ['names that are numbers', problem('In grade 5, room 12, all solve it. What do they get?', '12*5=60')],
    ['something very long', { ...own('ferry'), question: `${'Long. '.repeat(2000)}${own('ferry').question}` }],
  ])('is not made of %s', (_, original) => {
    for (const seed of [1, 2, 3]) expect(draw(original, 'strict', seed)).toBeNull();
  });

  it('changes words and decimal numbers in loose mode only', () => {
    expect(draw(own('words'), 'strict')?.question ?? 'five').toContain('five');
    const loose = [1, 2, 3, 4].map((seed) => draw(own('words'), 'loose', seed)?.question ?? '');
    expect(loose.some((question) => /picks (three|four|six|seven) baskets/.test(question))).toBe(true);
    const decimal = [1, 2, 3, 4].map((seed) => draw(own('decimal'), 'loose', seed)?.question ?? '');
    expect(decimal.some((question) => /\$\d\.\d\d/.test(question) && !question.includes('$2.50'))).toBe(true);
  });

  it('takes no time that grows with the number of meanings', () => {
    const steps = Array.from({ length: 300 }, (_, i) => `${i === 0 ? '12*4' : '48*1'}=48`);
    expect(draw(problem('One has 12 boxes of 4.', ...steps), 'loose')).toBeNull();
  });
});

describe('the suite of a file with steps', () => {
  const path = fixture('probes', 'steps.jsonl');

  it('has fresh twins where the steps say enough, and reports the share', async () => {
    const { items, warnings } = await readProbeFile(path, { seed: 1 });
    const fresh = items.filter(({ kind }) => kind === 'fresh');
    const redrawn = OWN.filter((problem) => draw(problem, 'strict') !== null);
    expect(fresh.map(({ fact }) => fact)).toEqual(redrawn.map(({ id }) => id));
    expect(warnings).toEqual([`${path}: ${fresh.length} of ${OWN.length} problems have a twin with other numbers`]);
    for (const { form, cluster, fact, prompt, question } of fresh) {
      const benchmark = items.find(({ id }) => id === fact);
      expect([form, cluster]).toEqual(['twin', 'redrawn']);
      expect(prompt).toMatch(/^Question: .*\nAnswer \(a number\):$/);
      expect(question).not.toEqual(benchmark?.question);
    }
  });

  it('has more of them in loose mode, and none if the policy wants none', async () => {
    const count = async (options: Partial<ProbeFileOptions>) => {
      const { items } = await readProbeFile(path, { seed: 1, ...options });
      return items.filter(({ kind }) => kind === 'fresh').length;
    };
    expect(await count({ steps: 'loose' })).toBeGreaterThan(await count({}));
    expect(await count({ kinds: ['format'] })).toBe(0);
    const { items } = await readProbeFile(path, { seed: 1, kinds: ['fresh'] });
    const facts = items.filter(({ form }) => form === 'benchmark').map(({ id }) => id);
    // Every problem keeps a twin: one with the same content where none could be redrawn.
    expect(new Set(items.filter(({ form }) => form === 'twin').map(({ fact }) => fact))).toEqual(new Set(facts));
  });

  it('refuses steps for questions that are not redrawn', async () => {
    const choices = readProbeFile(fixture('probes', 'own-benchmark.csv'), { seed: 1, steps: 'loose' });
    await expect(choices).rejects.toThrow(/own-benchmark\.csv: steps: its questions are not redrawn/);
  });
});
