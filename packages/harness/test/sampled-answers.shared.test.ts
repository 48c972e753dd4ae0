import { describe, expect, it } from 'vitest';
import type { BenchmarkDocument, BenchmarkMetric } from '../src/benchmarks.ts';
import { metricsOfSamples, sampleReadings } from '../src/lm-eval/sampled-answers.ts';

type Filters = NonNullable<Parameters<typeof sampleReadings>[0]['filter_list']>;

const strict = { function: 'regex', regex_pattern: '#### (\\d+)' };
const flexible = { function: 'regex', regex_pattern: '(\\d+)', group_select: -1 };
const first = { function: 'take_first' };
const config = (filters: Filters) => ({ filter_list: filters, metric_list: [{ metric: 'exact_match' }] });

const metric = (filter: string, value: number): BenchmarkMetric => {
  return { metric: 'exact_match', filter, value, stderr: null, higherIsBetter: true };
};

/** One document with these answers to the target 7, and what the file says under each filter. */
function read(filters: Filters, responses: readonly string[], logged: Readonly<Record<string, number>>) {
  const metrics = Object.entries(logged).map(([filter, value]) => metric(filter, value));
  const values = metrics.map(({ value }) => value);
  const empty = { docHash: null, promptHash: null, targetHash: null, doc: '', requests: '', logprobs: null };
  const documents: BenchmarkDocument[] = [{ id: 0, ...empty, values }];
  const readings = sampleReadings(config(filters)).map((reading) => {
    const right = reading.judge({ target: '7', responses, exactMatch: logged[reading.filter] ?? null });
    return [reading, new Map(right === null ? [] : [[0, right] as const])] as const;
  });
  const all = metricsOfSamples(metrics, config(filters), {
    documents,
    repeats: responses.length,
    right: new Map(readings),
  });
  return all.metrics.map(({ filter, ofSamples, samples }, i) => [
    filter,
    ofSamples,
    samples,
    all.documents[0]?.values[i],
  ]);
}

describe('several answers to a document', () => {
  it('have a share of right ones for each way of reading them: the one does not stand for the other', () => {
    const filters = [
      { name: 'strict', filter: [strict, first] },
      { name: 'flexible', filter: [flexible, first] },
      { name: 'vote', filter: [strict, { function: 'majority_vote' }, first] },
    ];
    expect(read(filters, ['#### 7', 'it is 7', '7', 'no'], { strict: 1, flexible: 1, vote: 0 })).toEqual([
      ['strict', 'redundant', undefined, 1],
      ['flexible', 'redundant', undefined, 1],
      ['vote', 'redundant', undefined, 0],
      ['strict/mean@4', 'share', undefined, 0.25],
      ['flexible/mean@4', 'share', undefined, 0.75],
    ]);
  });

  it('are counted for as many as a filter leaves, and a vote is no share', () => {
    const filters = [{ name: 'two', filter: [strict, { function: 'take_first_k', k: 2 }] }];
    expect(read(filters, ['#### 7', 'no', 'no', 'no'], { two: 0.5 })).toEqual([
      ['two', 'redundant', 2, 0.5],
      ['two/mean@4', 'share', undefined, 0.25],
    ]);
    const vote = [
      { name: 'vote', filter: [strict, { function: 'take_first_k', k: 3 }, { function: 'majority_vote' }] },
    ];
    expect(read(vote, ['#### 7', 'no', '#### 7', 'no'], { vote: 1 })).toEqual([
      ['vote', 'redundant', undefined, 1],
      ['vote/mean@4', 'share', undefined, 0.5],
    ]);
  });

  it('are not counted where the file says something else of the first, or where Python reads them', () => {
    const filters = [{ name: 'strict', filter: [strict, first] }];
    expect(read(filters, ['no', '#### 7'], { strict: 1 })).toEqual([['strict', undefined, undefined, 1]]);
    const custom = [{ name: 'own', filter: [{ function: 'custom' }, first] }];
    expect(read(custom, ['7', '7'], { own: 1 })).toEqual([['own', undefined, undefined, 1]]);
  });
});
