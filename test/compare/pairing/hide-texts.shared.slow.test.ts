import type { MeasuredProbes, ProbeItemMeasurement, SuiteMeasurement } from '@shadow-gate/probes/answer';
import { Random } from '@shadow-gate/probes/random';
import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/compare/compare.ts';
import { hideTexts } from '../../../src/compare/pairing/hide-texts.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { parseMeasurement } from '../../../src/measure/schema/read.ts';
import { measurementText } from '../../../src/measure/schema/write.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { renderHtml } from '../../../src/report/html/report.ts';
import { serializeReport } from '../../../src/report/json.ts';
import { renderComment } from '../../../src/report/markdown/comment.ts';
import { renderTerminal } from '../../../src/report/terminal/report.ts';
import { probesOnly } from '../measurement.ts';

const LETTERS = ['A', 'B', 'C', 'D'] as const;
const FACTS = 240;
const WORDS = ['otter', 'walnut', 'copper', 'violin', 'glacier', 'saffron', 'anvil', 'heron'] as const;

type Skill = (form: 'exam' | 'permuted' | 'open', fact: number) => 'right' | 'old letter' | 'guess';

/** A lettered question, its text form, the same options in another order, and an open twin, for each fact. */
function answersOf(skill: Skill, seed: number): ProbeItemMeasurement[] {
  const random = new Random(seed, 'answers');
  const layout = new Random(1, 'layout');
  return Array.from({ length: FACTS }, (_, fact) => {
    const id = `q${fact}`;
    const options = LETTERS.map((_, i) => `${WORDS[(fact + 2 * i) % WORDS.length]} ${fact + 100 * i}`);
    const [right, turn] = [layout.int(0, 3), layout.int(1, 3)];
    const moved = LETTERS.map((_, i) => (i + turn) % 4);
    const listed = (order: readonly number[]) => order.map((from, i) => `${LETTERS[i]}. ${options[from]}`).join('\n');
    const question = `Which of these did expedition ${fact} bring home?`;
    const common = { suite: 'secret.jsonl', fact: id, capability: 'history', family: `sea ${fact % 3}`, chance: 0.25 };
    const choose = (
      form: Parameters<Skill>[0],
      choices: readonly string[],
      answer: number,
      old: number | null,
    ): Pick<ProbeItemMeasurement, 'right' | 'given' | 'correct' | 'margin' | 'probability' | 'logprobs'> => {
      const way = skill(form, fact);
      const picked = way === 'right' ? answer : way === 'old letter' && old !== null ? old : random.int(0, 3);
      const logprobs = choices.map((_, i) => -random.int(20_000, 60_000) / 1e4 + (i === picked ? 4.1 : 0));
      const others = Math.max(...logprobs.filter((_, i) => i !== answer));
      const margin = Math.round(((logprobs[answer] ?? 0) - others) * 1e4) / 1e4;
      const total = logprobs.reduce((sum, value) => sum + Math.exp(value), 0);
      const probability = Math.round((1e4 * Math.exp(logprobs[answer] ?? 0)) / total) / 1e4;
      return {
        ...{ right: choices[answer] ?? '', given: choices[logprobs.indexOf(Math.max(...logprobs))] ?? '' },
        ...{ correct: margin > 0, margin, probability, logprobs },
      };
    };
    const letterBefore = Object.fromEntries(LETTERS.map((letter, i) => [letter, LETTERS[moved[i] ?? 0] ?? '']));
    const nowRight = moved.indexOf(right);
    const items: ProbeItemMeasurement[] = [
      {
        ...{ ...common, id, cluster: 'exam', form: 'benchmark', answers: 'label' },
        ...{ prompt: `${question}\n${listed([0, 1, 2, 3])}\nAnswer:`, ...choose('exam', LETTERS, right, null) },
      },
      {
        ...{ ...common, id: `${id}.text`, cluster: 'exam', form: 'benchmark-text', answers: 'text' },
        ...{ prompt: `${question}\n${listed([0, 1, 2, 3])}\nAnswer:`, ...choose('open', options, right, null) },
      },
      {
        ...{ ...common, id: `${id}.permuted`, cluster: 'permuted', form: 'twin', kind: 'format', answers: 'label' },
        ...{ oldLabel: LETTERS[right] ?? '', oldLabels: letterBefore },
        ...{ prompt: `${question}\n${listed(moved)}\nAnswer:`, ...choose('permuted', LETTERS, nowRight, right) },
      },
      {
        ...{ ...common, id: `${id}.open`, cluster: 'open', form: 'twin', kind: 'open', answers: 'text' },
        ...{ prompt: `${question} It was`, ...choose('open', options, right, null) },
        reading: { logprob: -random.int(100_000, 900_000) / 1e4, tokens: 40 + (fact % 9) },
      },
    ];
    return items;
  }).flat();
}

const KEY = 'c0ffee'.padEnd(64, '0');

/** A measurement with texts, as files of this version have it. */
function measured(items: ProbeItemMeasurement[], over: Partial<SuiteMeasurement> = {}): Measurement {
  const suite = { name: 'secret.jsonl', version: null, digest: 'sha256:s', seed: 1, items: 4 * FACTS, textKey: KEY };
  const { textKey, ...rest } = { ...suite, ...over };
  const suites = [textKey === undefined ? rest : { ...rest, textKey }];
  return probesOnly({
    ...{ status: 'measured', suites, seed: 1, chatTemplate: false, budgetSeconds: null, items },
    ...{ notes: [], leftOut: [] },
  });
}

const sometimes = (fact: number, of: number) => fact % 10 < of;
const base = measured(answersOf((_, fact) => (sometimes(fact, 5) ? 'right' : 'guess'), 2));
/** It learned letters, and forgot a part of what it knew. */
const memorizer = measured(
  answersOf((form, fact) => {
    if (form === 'open') return sometimes(fact, 4) ? 'right' : 'guess';
    return form === 'exam' || sometimes(fact, 2) ? 'right' : 'old letter';
  }, 3),
);

const OMIT = parsePolicy('probes: [secret.jsonl]\nprobes-text: omit\n', 'shadow-gate.yml');
const KEEP = parsePolicy('probes: [secret.jsonl]\n', 'shadow-gate.yml');

const hidden = (measurement: Measurement) =>
  parseMeasurement(measurementText(hideTexts({ candidate: measurement, baseline: null }, OMIT).candidate), 'hidden');

const judge = (candidate: Measurement, baseline: Measurement, policy = KEEP) =>
  compare({ candidate, baseline, baselinePath: 'baseline.json', policy, policyPath: null, today: new Date() });

/** A report without the texts, and without the names of letters, of which the most frequent is the first. */
function numbersOf(report: ReturnType<typeof judge>) {
  return JSON.parse(JSON.stringify(serializeReport(report)), (key, value) => {
    if (Array.isArray(value) && typeof value[0] === 'number' && value.length === 9) return value.toSpliced(1, 4);
    if (['prompt', 'right', 'label', 'texts', 'probes-text', 'message'].includes(key)) return undefined;
    if (key === 'flips' && Array.isArray(value))
      return value.map(({ id, capability }: { id: string; capability: string }) => ({ id, capability }));
    return value;
  });
}

describe('hashes in place of texts', () => {
  const open = judge(memorizer, base);

  it('give the findings and every number that texts give, also where one side alone has texts', () => {
    const kinds = open.findings.map(({ kind }) => kind);
    expect(kinds).toContain('letters-memorized');
    expect(open.probes?.comparison.flips).toHaveLength(3);
    expect(open.probes?.comparison.labels[0]?.works).toBe(true);
    expect(open.probes?.comparison.churn[0]?.kl).toBeGreaterThan(0);
    expect(open.probes?.items?.facts[0]?.flip).toBe('kept');
    const pairs = [
      judge(hidden(memorizer), hidden(base)),
      judge(memorizer, hidden(base)),
      judge(hidden(memorizer), base),
      judge(memorizer, base, OMIT),
    ];
    for (const report of pairs) expect(numbersOf(report)).toEqual(numbersOf(open));
    expect(numbersOf(judge(hidden(base), memorizer))).toEqual(numbersOf(judge(base, memorizer)));
  });

  it('a report of them has no text of the benchmark, and says so', () => {
    const report = judge(memorizer, hidden(base));
    const shown = [renderComment(report), renderTerminal(report, { color: false, width: 120 })];
    expect(report.probes?.items?.facts).toHaveLength(FACTS);
    for (const text of [...shown, renderHtml(report), JSON.stringify(serializeReport(report))]) {
      expect(text).not.toMatch(/expedition|otter|walnut|Answer:/);
      expect(text).not.toContain(KEY);
    }
    for (const text of shown) {
      expect(text.replaceAll(/\s+/g, ' ')).toMatch(/This report has no prompt and no answer of .*secret\.jsonl/);
      expect(text.replaceAll(/\s+/g, ' ')).toContain('its texts are not disclosed');
    }
    // With texts, the same report shows them.
    expect(renderComment(open)).toContain('expedition');
    expect(renderComment(open)).not.toContain('disclosed');
  });
});

describe('a measurement without texts', () => {
  const own = hidden(memorizer);
  const text = measurementText(own);
  const items = (own.probes as MeasuredProbes).items;
  const known = (memorizer.probes as MeasuredProbes).items;

  it('has no text, no letter and no key', () => {
    expect(text).not.toMatch(/expedition|otter|walnut|Answer|"[ABCD]"/);
    expect(text).not.toContain(KEY);
    expect((own.probes as MeasuredProbes).suites).toEqual([
      { name: 'secret.jsonl', version: null, digest: 'sha256:s', seed: 1, items: 4 * FACTS, texts: 'hashed' },
    ]);
  });

  it('has another hash for the same text of another item, and the same one for the same letter', () => {
    const answers = new Set(items.filter(({ answers }) => answers === 'text').map(({ right }) => right));
    expect(answers.size).toBe(2 * FACTS);
    const letters = new Set(
      items.filter(({ answers }) => answers === 'label').flatMap(({ right, given }) => [right, given]),
    );
    expect(letters.size).toBe(4);
  });

  it('does not tell the letter by the place of the largest log-probability', () => {
    const places = items.map((item, i) => {
      const { logprobs } = known[i] as ProbeItemMeasurement;
      const place = (values: readonly number[] | null) => (values ?? []).indexOf(Math.max(...(values ?? [])));
      return item.correct && item.answers === 'label' ? place(item.logprobs) === place(logprobs) : null;
    });
    const asBefore = places.filter((same) => same === true).length / places.filter((same) => same !== null).length;
    expect(asBefore).toBeGreaterThan(0.15);
    expect(asBefore).toBeLessThan(0.35);
    expect(items.map(({ logprobs }) => [...(logprobs ?? [])].sort())).toEqual(
      known.map(({ logprobs }) => [...(logprobs ?? [])].sort()),
    );
  });

  it('of 720 items has less than 200 KB', () => {
    const part = items.filter(({ fact }) => Number(fact.slice(1)) < 180);
    expect(part).toHaveLength(720);
    expect(measurementText(measured(part, { textKey: undefined, texts: 'hashed' })).length).toBeLessThan(200_000);
  });

  it('with the key of its own hashes is refused', () => {
    const both = measured(items, { texts: 'hashed' });
    expect(() => parseMeasurement(measurementText(both), 'm.json')).toThrow('has the key of its own hashes');
  });
});

it('a key that does not give the hashes of the other side is refused', () => {
  const { items } = memorizer.probes as MeasuredProbes;
  const forged = measured(items, { textKey: 'f'.repeat(64) });
  expect(judge(forged, hidden(base)).findings).toContainEqual(
    expect.objectContaining({ kind: 'texts-not-hashed', level: 'inconclusive', side: 'candidate' }),
  );
});

describe('a baseline of an older version, which has texts and no key', () => {
  const older = (measurement: Measurement, count = 4 * FACTS) =>
    measured((measurement.probes as MeasuredProbes).items.slice(0, count), { textKey: undefined });
  // The key is that of all prompts and answers.
  const candidate = hidden(older(memorizer));

  it('is hashed by the key of all its items', () => {
    expect(numbersOf(judge(candidate, older(base)))).toEqual(numbersOf(judge(memorizer, base)));
  });

  it('is not comparable if it has a part of them', () => {
    const report = judge(candidate, older(base, 4 * FACTS - 4));
    expect(report.verdict).toBe('inconclusive');
    expect(report.findings).toContainEqual({
      ...{ kind: 'texts-not-hashed', level: 'inconclusive', suite: 'secret.jsonl', side: 'baseline' },
    });
    expect(report.probes?.items?.facts.length).toBeGreaterThan(0);
    for (const text of [renderHtml(report), JSON.stringify(serializeReport(report))]) {
      expect(text).not.toMatch(/expedition|otter|walnut/);
    }
  });
});
