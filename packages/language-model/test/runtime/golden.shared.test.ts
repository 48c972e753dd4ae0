import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readJson, shared } from '../../../../test/fixtures.ts';
import { describeNeeds } from '../../../../test/needs.ts';
import { parseScoreRequests } from '../../src/requests.ts';
import type { OnnxEngine } from '../../src/runtime/onnx-engine.ts';
import { scoreRequests } from '../../src/score.ts';
import { openTokenizer } from '../../src/tokens/open-tokenizer.ts';
import { difference, openKvCache, openLora, readCases, TOLERANCE, withEngine } from './engines.ts';

/** Larger checkpoints with results of transformers and lm-evaluation-harness: see golden/README.md. */
const golden = shared('golden') ?? '';
const folders =
  golden === '' ? [] : readdirSync(golden).filter((name) => existsSync(join(golden, name, 'golden.json')));
const models = folders.filter((name) => existsSync(join(golden, name, 'config.json')));
const adapters = folders.filter((name) => existsSync(join(golden, name, 'adapter_config.json')));

interface Golden {
  readonly base?: string;
  readonly loglikelihood: { readonly cases: readonly LoglikelihoodCase[] };
  readonly loglikelihood_rolling: {
    readonly tokens: readonly number[];
    readonly prefix_token: number;
    readonly total_logprob: number;
  };
  readonly greedy_generate: ReadonlyArray<{
    readonly label: string;
    readonly prompt: readonly number[];
    readonly eos_token_id: number | null;
    readonly max_new_tokens: number;
    readonly new_tokens: readonly number[];
  }>;
}
interface LoglikelihoodCase {
  readonly label: string;
  readonly context: readonly number[];
  readonly continuation: readonly number[];
  readonly is_greedy: boolean;
  readonly token_logprobs: readonly number[];
}
const read = (name: string) => readJson<Golden>(join(golden, name, 'golden.json'));

async function expectLogits(engine: OnnxEngine, name: string): Promise<void> {
  const cases = readCases(join(golden, name, 'golden.safetensors'));
  expect(cases.length).toBeGreaterThanOrEqual(2);
  const check = async (graph: string) => {
    for (const { label, tokens, logits } of cases) {
      const apart = difference(await engine.logits(tokens), logits);
      expect(apart, `${label}, ${graph}`).toBeLessThanOrEqual(TOLERANCE);
    }
  };
  await check('plain');
  await openKvCache(engine);
  await check('with a KV cache');
}

describeNeeds(golden !== '', '../shared/golden')('a checkpoint of the golden folder', () => {
  it.each(models)('has the logits of transformers: %s', async (name) => {
    await withEngine(join(golden, name), {}, (engine) => expectLogits(engine, name));
  });

  it.each(adapters)('has the logits of transformers with an adapter: %s', async (name) => {
    const adapter = await openLora(join(golden, name));
    const base = join(golden, name, read(name).base ?? '');
    await withEngine(base, { adapter }, (engine) => expectLogits(engine, name));
  });

  const withHarness = models.filter((name) => 'loglikelihood' in read(name));

  it('has results of lm-evaluation-harness in three cases', () => {
    expect(withHarness.sort()).toEqual(['gpt2', 'llama-gqa-llama3rope', 'qwen2']);
  });

  it.each(withHarness)('has the log-likelihoods of lm-evaluation-harness: %s', async (name) => {
    const { loglikelihood, loglikelihood_rolling: rolling } = read(name);
    const lines = [
      ...loglikelihood.cases.map(({ context, continuation }, id) => ({
        id,
        context_ids: context,
        continuation_ids: continuation,
      })),
      { id: 'rolling', rolling: rolling.tokens },
    ];
    const requests = parseScoreRequests(lines.map((line) => JSON.stringify(line)).join('\n'), 'requests.jsonl');
    await withEngine(join(golden, name), {}, async (engine) => {
      const answers = await scoreRequests(requests, engine, {
        tokenizer: null,
        prefixTokenId: rolling.prefix_token,
      });
      for (const [i, { label, token_logprobs, is_greedy }] of loglikelihood.cases.entries()) {
        expect(difference(answers[i]?.token_logprobs ?? [], token_logprobs), label).toBeLessThanOrEqual(TOLERANCE);
        expect(answers[i]?.greedy, label).toBe(is_greedy);
      }
      // The sum of about a hundred of them.
      expect(answers.at(-1)?.token_logprobs).toHaveLength(rolling.tokens.length);
      expect(answers.at(-1)?.logprob).toBeCloseTo(rolling.total_logprob, 2);
    });
  });

  it.each(withHarness)('decodes greedily as transformers: %s', async (name) => {
    const cases = read(name).greedy_generate;
    await withEngine(join(golden, name), {}, async (engine) => {
      const made = await engine.generate(
        cases.map(({ prompt, eos_token_id: eos, max_new_tokens: maxNewTokens }) => ({
          tokens: prompt,
          maxNewTokens,
          stopTokens: new Set(eos === null ? [] : [eos]),
        })),
      );
      expect(made).toEqual(
        cases.map(({ new_tokens: tokens, eos_token_id: eos }) => ({
          tokens,
          finish: eos !== null && tokens.at(-1) === eos ? 'stop' : 'length',
        })),
      );
    });
  });
});

const stories = shared('models', 'stories260K');
describeNeeds(Boolean(stories), '../shared/models/stories260K')('a real language model', () => {
  it.each([
    ['stories260K', 4.9536],
    ['stories260K-bf16', 4.9504],
  ])('%s has a perplexity of %s on a sentence, as in its C implementation', async (name, perplexity) => {
    const folder = shared('models', name) ?? '';
    const tokenizer = await openTokenizer(folder);
    const text = 'One day, a clever fox found a shiny key under the old oak tree.';
    const requests = parseScoreRequests(JSON.stringify({ id: 1, rolling: text }), 'requests.jsonl');
    await withEngine(folder, {}, async (engine) => {
      const [answer] = await scoreRequests(requests, engine, { tokenizer, prefixTokenId: tokenizer.prefixTokenId });
      // 35 tokens with BOS.
      expect(answer?.token_logprobs).toHaveLength(34);
      expect(Math.exp(-(answer?.logprob ?? 0) / 34)).toBeCloseTo(perplexity, 4);
    });
  });
});
