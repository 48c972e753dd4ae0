import { readFileSync } from 'node:fs';
import type { Model } from '@shadow-gate/language-model';
import { at } from '@shadow-gate/platform';
import { factKey, type MeasuredProbes, type TextSuiteMeasurement } from '@shadow-gate/probes/answer';
import { beforeAll, describe, expect, it } from 'vitest';
import { textRows } from '../../../src/compare/estimates/texts.ts';
import { compareEveryToken } from '../../../src/compare/estimates/token-changes.ts';
import { selectProbes } from '../../../src/gate/select-probes.ts';
import type { ProbeRunOptions } from '../../../src/measure/options.ts';
import type { Measurement } from '../../../src/measure/schema/index.ts';
import { parseMeasurement } from '../../../src/measure/schema/read.ts';
import { measurementText } from '../../../src/measure/schema/write.ts';
import { mergeFiles } from '../../../src/measure/shards/merge.ts';
import { measureTexts } from '../../../src/measure/texts/measure-texts.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { fixture, repository } from '../../fixtures.ts';
import { measurePath } from '../measure-path.ts';
import { example, writeShards } from '../shards/shard-files.ts';

interface Measured {
  readonly value: number;
  readonly standardError: number;
}

interface Reference extends Readonly<Record<string, unknown>> {
  readonly texts: ReadonlyArray<Readonly<Record<'bytes' | 'tokens' | 'base' | 'coverage-expanding', number>>>;
  readonly perByte: Measured;
  readonly meanChange: Measured;
  readonly rmsChange: Measured;
  readonly sameBest: Measured;
  readonly perplexityRatio: Measured;
  readonly divergence: Measured;
  readonly coarseDivergence: Measured;
}

/** By test/fixtures/make_plain_texts.py: transformers and numpy. */
const reference: Reference = JSON.parse(readFileSync(fixture('plain-texts', 'reference.json'), 'utf8'));

const TEXTS = `{ file: ${fixture('plain-texts', 'texts.txt')}, kind: text }`;

async function probesOf(more = ''): Promise<ProbeRunOptions> {
  const text = `probes: [${repository('examples', 'probes.jsonl')}, ${TEXTS}]\n${more}`;
  const policy = parsePolicy(text, 'policy.yml');
  const probes = await selectProbes({ policy, policyPath: null }, { seed: 1 });
  if (probes === null) throw new Error('no probes');
  return { ...probes, suites: probes.suites.map((suite) => ({ ...suite, items: suite.items.slice(0, 24) })) };
}

const measured = async (name: string, probes: ProbeRunOptions): Promise<Measurement> =>
  measurePath({ checkpoint: example(name), reference: null, spectra: false, device: 'cpu', probes });

function answered({ probes }: Measurement): MeasuredProbes {
  if (probes?.status !== 'measured') throw new Error('no probes');
  return probes;
}

/** As a server or an older version measured. */
function unscaled({ texts = [], ...probes }: MeasuredProbes): MeasuredProbes {
  return { ...probes, texts: texts.map(({ scores: { scaled: _, ...scores }, ...suite }) => ({ ...suite, scores })) };
}

const textsIn = (measurement: Measurement): TextSuiteMeasurement => at(answered(measurement).texts ?? [], 0);

let base: Measurement;
let candidate: Measurement;

beforeAll(async () => {
  const probes = await probesOf();
  base = await measured('base', probes);
  candidate = await measured('coverage-expanding', probes);
});

/** A measured number is that of the reference, rounded as a measurement is. */
function expectClose(found: Measured | null | undefined, expected: Measured, digits = 3): void {
  expect(found?.value).toBeCloseTo(expected.value, digits);
  expect(found?.standardError).toBeCloseTo(expected.standardError, digits);
}

describe('plain texts', () => {
  it.each(['base', 'coverage-expanding'] as const)('are as likely to %s as transformers has it', (name) => {
    const { scores } = textsIn(name === 'base' ? base : candidate);
    expect(scores.ids.length).toBe(reference.texts.length);
    for (const [i, id] of scores.ids.entries()) {
      const own = at(reference.texts, Number(id) - 1);
      expect([scores.bytes[i], scores.tokens[i]]).toEqual([own.bytes, own.tokens]);
      expect(scores.logprobs[i]).toBeCloseTo(own[name], 2);
    }
  });

  it('are compared per byte, with the standard error over texts', () => {
    const policy = parsePolicy('', 'policy.yml');
    const rowOf = (ours: MeasuredProbes, theirs: MeasuredProbes) => at(textRows(ours, theirs, policy), 0);
    const asTheyAre = rowOf(unscaled(answered(candidate)), unscaled(answered(base)));
    expectClose(asTheyAre.change, reference.perByte, 4);
    // The base is trained on other texts, and surer than it may be: at its own sharpness these are likelier.
    const row = rowOf(answered(candidate), answered(base));
    expect(row.baseline).toBeGreaterThan(asTheyAre.baseline ?? 0);
    expect(row.candidate).toBeGreaterThan(asTheyAre.candidate ?? 0);
    expect(rowOf(answered(candidate), unscaled(answered(base)))).toEqual(asTheyAre);
    expect(row?.texts).toBe(17);
    const { value = 0, standardError = 0, lower, upper } = row?.change ?? {};
    // Student's t with 16 degrees of freedom, one-sided 5% (Fisher's table: 1.746).
    expect(lower).toBeCloseTo(value - 1.746 * standardError, 3);
    expect(upper).toBeCloseTo(value + 1.746 * standardError, 3);
  });

  it('have at every token what llama.cpp reports of a copy', () => {
    const changes = compareEveryToken(textsIn(candidate), textsIn(base));
    expectClose(changes?.meanChange, reference.meanChange);
    expectClose(changes?.rmsChange, reference.rmsChange);
    expectClose(changes?.sameBest, reference.sameBest);
    expectClose(changes?.perplexityRatio, reference.perplexityRatio);
    expectClose(changes?.divergence, reference.coarseDivergence);
    expect(changes?.divergence?.value).toBeLessThan(reference.divergence.value);
    expect(changes?.tokens).toBe(reference.texts.reduce((sum, { tokens }) => sum + tokens, 0));
  });

  it('of a copy are as likely, token for token', () => {
    expect(compareEveryToken(textsIn(base), textsIn(base))).toMatchObject({
      meanChange: { value: 0, standardError: 0 },
      sameBest: { value: 1 },
      perplexityRatio: { value: 1, standardError: 0 },
      divergence: { value: 0, standardError: 0 },
    });
  });

  it('are in a measurement file, and refused where its columns do not fit', () => {
    expect(parseMeasurement(measurementText(base), 'base.json')).toEqual(base);
    const probes = answered(base);
    const { scores, ...suite } = textsIn(base);
    const forged = { ...base, probes: { ...probes, texts: [{ ...suite, scores: { ...scores, bytes: [1] } }] } };
    expect(() => parseMeasurement(measurementText(forged), 'base.json')).toThrow('its columns have different lengths');
    const logprobs = scores.logprobs.map((logprob, i) => (i === 3 ? logprob / 2 : logprob));
    const scaled = scores.scaled?.with(2, [-1, -2, -1, -2, -1, -2]);
    const bent = { ...base, probes: { ...probes, texts: [{ ...suite, scores: { ...scores, scaled } }] } };
    expect(() => parseMeasurement(measurementText(bent), 'base.json')).toThrow('no curve of one');
    const likelier = unscaled({ ...probes, texts: [{ ...suite, scores: { ...scores, logprobs } }] });
    expect(() => parseMeasurement(measurementText({ ...base, probes: likelier }), 'base.json')).toThrow(
      'is not as likely as its tokens',
    );
  });

  it('are scored by one of several machines, with the same numbers', async () => {
    const probes = await probesOf();
    const files = await writeShards(
      (shard) =>
        measurePath({
          checkpoint: example('base'),
          reference: null,
          spectra: false,
          device: 'cpu',
          probes,
          shard: shard ?? null,
        }),
      2,
    );
    const merged = await mergeFiles(files);
    expect(textsIn(merged)).toEqual(textsIn(base));
  });

  it('are all scored where the verdict of the questions is settled after the first block', async () => {
    const probes = await probesOf();
    const facts = [...new Set(answered(base).items.map(factKey))];
    const blocks = [facts.slice(0, 4), facts.slice(4)];
    const seen: number[] = [];
    const settle = ({ texts = [] }: MeasuredProbes) => {
      seen.push(texts.length);
      return 'pass' as const;
    };
    const stopped = answered(await measured('base', { ...probes, sequential: { blocks, settle } }));
    expect(stopped.sequential).toMatchObject({ blocks: 1, settled: 'pass' });
    expect(stopped.texts).toEqual(answered(base).texts);
    expect(seen).toEqual([1]);
  });

  it('have the reason where they cannot be scored', async () => {
    const mute = { execution: 'whole', scoresTexts: false } as unknown as Model;
    expect(await measureTexts((await probesOf()).texts ?? [], mute)).toMatchObject([{ leftOut: expect.any(String) }]);
  });

  it('leave nothing in a measurement by which they could be guessed, where they must not be shown', async () => {
    const probes = await probesOf('probes-text: omit\n');
    const texts = textsIn(await measured('base', probes));
    const { predictions: _, ...rest } = textsIn(base);
    expect(texts).toEqual(rest);
  });
});
