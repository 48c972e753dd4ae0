import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { readJson, shared } from '../../../test/fixtures.ts';
import { itNeeds } from '../../../test/needs.ts';
import { parseScoreRequests } from '../src/requests.ts';
import { scoreRequests } from '../src/score.ts';
import { countingEngine } from './counting-engine.ts';
import { wordTokenizer } from './tokens/word-tokenizer.ts';

const golden = shared('golden');

const requests = (...lines: object[]) =>
  parseScoreRequests(lines.map((line) => JSON.stringify(line)).join('\n'), 'requests.jsonl');

/** As the answers round them. */
const HALF = -Number(Math.LN2.toFixed(6));
const QUARTER = -1.386294;

const IDS_ONLY = { tokenizer: null, prefixTokenId: null };

describe('scoreRequests', () => {
  it('returns the log-likelihood, its parts, and whether greedy decoding gives the same', async () => {
    const engine = countingEngine(16);
    const answers = await scoreRequests(
      requests(
        { id: 'likely', context_ids: [3, 4], continuation_ids: [5, 6] },
        { id: 2, context_ids: [4], continuation_ids: [5, 7] },
      ),
      engine,
      IDS_ONLY,
    );
    expect(answers).toEqual([
      { id: 'likely', logprob: QUARTER, token_logprobs: [HALF, HALF], greedy: true },
      { id: 2, logprob: -2.079442, token_logprobs: [HALF, QUARTER], greedy: false },
    ]);
    expect(engine.calls).toBe(1);
  });

  it('puts the prefix token before a continuation without context', async () => {
    const engine = countingEngine(16);
    await scoreRequests(
      requests(
        { id: 1, context_ids: [], continuation_ids: [5] },
        { id: 2, context_ids: [], continuation_ids: [8, 5] },
        { id: 3, context: '', continuation: 'a' },
      ),
      engine,
      { tokenizer: wordTokenizer(), prefixTokenId: 8 },
    );
    expect(engine.sequences).toEqual([
      { context: [8], continuation: [5] },
      { context: [8], continuation: [5] },
      { context: [8], continuation: [1] },
    ]);
  });

  it('scores text as the tokenizer splits it', async () => {
    const engine = countingEngine(16);
    const tokenizer = wordTokenizer({ leading: [0] });
    await scoreRequests(requests({ id: 1, context: 'a b ', continuation: 'c' }), engine, {
      tokenizer,
      prefixTokenId: 0,
    });
    expect(engine.sequences).toEqual([
      { context: [0, ...tokenizer.ids('a', ' b')], continuation: tokenizer.ids(' c') },
    ]);
    await scoreRequests(requests({ id: 1, context: 'a', continuation: ' b' }), engine, {
      tokenizer,
      prefixTokenId: 0,
      addSpecialTokens: false,
    });
    expect(engine.sequences[1]).toEqual({ context: tokenizer.ids('a'), continuation: tokenizer.ids(' b') });
  });

  it('sums the windows of a rolling request', async () => {
    const engine = countingEngine(4);
    const [answer, empty, text] = await scoreRequests(
      requests({ id: 'r', rolling: [1, 2, 3, 4, 5, 6, 8] }, { id: 'e', rolling: [] }, { id: 't', rolling: 'a b' }),
      engine,
      { tokenizer: wordTokenizer({ leading: [0] }), prefixTokenId: 0 },
    );
    expect(answer).toEqual({
      id: 'r',
      // Six tokens of probability 1/2 and one of 1/4.
      logprob: -5.545177,
      token_logprobs: [HALF, HALF, HALF, HALF, HALF, HALF, QUARTER],
      greedy: false,
    });
    expect(engine.sequences.slice(0, 2)).toEqual([
      { context: [0], continuation: [1, 2, 3, 4] },
      { context: [3, 4], continuation: [5, 6, 8] },
    ]);
    expect(empty).toEqual({ id: 'e', logprob: 0, token_logprobs: [], greedy: true });
    expect(text).toMatchObject({ token_logprobs: [HALF, HALF], greedy: true });
  });

  it('cuts a long context on the left and reports it', async () => {
    const engine = countingEngine(4);
    const cut: string[] = [];
    await scoreRequests(
      requests(
        { id: 1, context_ids: [1, 2, 3, 4], continuation_ids: [5, 6] },
        { id: 2, context_ids: [1, 2, 3], continuation_ids: [5, 6] },
      ),
      engine,
      { ...IDS_ONLY, onTruncation: (where) => cut.push(where) },
    );
    expect(engine.sequences.map(({ context }) => context)).toEqual([
      [2, 3, 4],
      [1, 2, 3],
    ]);
    expect(cut).toEqual(['requests.jsonl:1']);
  });

  it.each<[string, object, RegExp]>([
    ['nothing to score', { context_ids: [1], continuation_ids: [] }, /:2: the continuation has no tokens/],
    [
      'a continuation that its context swallows',
      { context: 'a', continuation: 'b' },
      /:2: the continuation has no tokens/,
    ],
    [
      'more than the model takes',
      { context_ids: [1], continuation_ids: [1, 2, 3, 4, 5] },
      /:2: the continuation has 5 tokens, the model takes 4/,
    ],
    [
      'no context and no prefix token',
      { context: '', continuation: 'a' },
      /:2: no context, and the checkpoint has no BOS/,
    ],
    ['a rolling text without prefix token', { rolling: 'a' }, /:2: no context/],
  ])('refuses %s with its line', async (_, request, pattern) => {
    const both = requests({ id: 1, context_ids: [1], continuation_ids: [2] }, { id: 2, ...request });
    const answer = scoreRequests(both, countingEngine(4), { tokenizer: wordTokenizer(), prefixTokenId: null });
    await expect(answer).rejects.toThrow(pattern);
    await expect(answer).rejects.toBeInstanceOf(UserError);
  });

  it('needs a tokenizer only for text', async () => {
    const text = requests({ id: 1, context: 'a', continuation: 'b' });
    await expect(scoreRequests(text, countingEngine(4), { tokenizer: null, prefixTokenId: 0 })).rejects.toThrow(
      /requests\.jsonl:1: the request has text, but .*no tokenizer/,
    );
  });

  it('throws for a log-likelihood that JSON would write as null', async () => {
    const engine = { ...countingEngine(4), score: async () => [{ tokenLogprobs: [Number.NaN], greedy: false }] };
    const ids = requests({ id: 1, context_ids: [1], continuation_ids: [2] });
    await expect(scoreRequests(ids, engine, IDS_ONLY)).rejects.toThrow(/:1: the log-likelihood is NaN/);
    // Finite, but not after rounding.
    const vast = { ...engine, score: async () => [{ tokenLogprobs: [-1e308], greedy: false }] };
    await expect(scoreRequests(ids, vast, IDS_ONLY)).rejects.toThrow(/:1: the log-likelihood is -Infinity/);
  });

  itNeeds(golden !== null, '../shared/golden').each(['gpt2', 'qwen2', 'llama-gqa-llama3rope'])(
    'gives the model as many tokens as lm-evaluation-harness does: %s',
    async (name) => {
      const { cases, max_length } = readJson<{
        loglikelihood: {
          max_length: number;
          cases: Array<{ label: string; context: number[]; continuation: number[]; model_input_length: number }>;
        };
      }>(join(golden ?? '', name, 'golden.json')).loglikelihood;
      const engine = countingEngine(max_length);
      const lines = cases.map(({ label, context, continuation }) => ({
        id: label,
        context_ids: context,
        continuation_ids: continuation,
      }));
      await scoreRequests(requests(...lines), engine, IDS_ONLY);
      expect(engine.sequences.map(({ context, continuation }) => context.length + continuation.length - 1)).toEqual(
        cases.map(({ model_input_length }) => model_input_length),
      );
    },
  );
});
