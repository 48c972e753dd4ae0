import type { Sequence, SequenceScore } from '@shadow-gate/language-model/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { promptBeginnings } from '../../src/remote/prompt-reading.ts';
import { openRemoteEngine, type RemoteEngineOptions } from '../../src/remote/remote-engine.ts';
import { BigramEngine, bigramTokenizer, ids } from './bigram-engine.ts';
import { CompletionsServer } from './completions-server.ts';

/** With adapters, vLLM stops with an error or gives wrong numbers if it is asked for the probabilities of a prompt. */

const local = new BigramEngine();
let server: CompletionsServer;

beforeEach(async () => {
  server = await new CompletionsServer(local, bigramTokenizer).start();
  server.habits.models = {
    data: [
      { id: 'base', root: '/models/base', parent: null, max_model_len: 1024 },
      { id: 'toy', root: '/adapters/toy', parent: 'base', max_model_len: null },
    ],
  };
  server.habits.promptLogprobs = 'refused';
});
afterEach(() => server.stop());

const open = (options: Partial<RemoteEngineOptions> = {}) =>
  openRemoteEngine({
    endpoint: server.url,
    model: 'toy',
    isExamined: true,
    fixedPrompts: ['The cat sat. The dog sat.', 'The cats. The cat sat.', 'The dog. The cat.'],
    wait: async () => {},
    ...options,
  });

/** Longer than any tree of choices, alone, and of more tokens than a server lists of its own. */
const sequences: Sequence[] = [
  { context: ids('The'), continuation: ids(' cat', ' sat', '.', '<s>', 'The', ' dog', ' sat', '😀') },
  { context: ids('The'), continuation: ids(' cat', ' sat', '😀') },
  { context: ids('.'), continuation: ids('<s>') },
  { context: ids('😀'), continuation: Array.from({ length: 150 }, (_, i) => i % 9) },
];

describe('a server with adapters', () => {
  it('is asked for next tokens alone, with the same scores', async () => {
    const remote = await open();
    expect(await remote.score(sequences)).toEqual(await local.score(sequences));
    await remote.finish();
    expect(server.bodies.some(({ echo }) => echo)).toBe(false);
    expect(remote.served).toMatchObject({
      model: 'toy',
      parent: 'base',
      fingerprint: expect.stringMatching(/^\w{64}$/),
    });
  });

  it('is asked for 64 places at a time', async () => {
    const remote = await open({ isExamined: false });
    await remote.score(sequences);
    expect(server.bodies.map(({ prompt }) => prompt.length).sort((a, b) => a - b)).toEqual([1, 3, 8, 22, 64, 64]);
  });

  it('is not asked to score a text, whose tokens are not known', async () => {
    const remote = await open();
    const asked = server.bodies.length;
    await expect(remote.scoreText([{ context: 'The', continuation: ' cat' }])).rejects.toThrow(
      /has adapters, and vLLM has no right log-probabilities of a prompt with them — give the model's tokenizer \(--tokenizer\)/,
    );
    await expect(remote.scoreRollingText(['The cat'])).rejects.toThrow(/has adapters/);
    expect(server.bodies).toHaveLength(asked);
  });

  it('is refused if it gives the distribution that it samples from', async () => {
    server.habits.distribution = 'sampled';
    await expect(open()).rejects.toThrow(
      /other log-probabilities at another temperature.*--logprobs-mode raw_logprobs/,
    );
  });

  it('is refused at the end if it has another model then', async () => {
    const remote = await open();
    await remote.score(sequences);
    server.swap(new OtherModel());
    await expect(remote.finish()).rejects.toThrow(/no longer answers as it did at the beginning/);
  });

  it('is asked for the probabilities of a prompt where it lists only its most likely tokens', async () => {
    Object.assign(server.habits, { promptLogprobs: 'given', nextTokens: 'most likely', maxLogprobs: 2 });
    const remote = await open();
    expect(await remote.score(sequences)).toEqual(await local.score(sequences));
    expect(server.bodies.some(({ echo }) => echo)).toBe(true);
  });
});

it('a text is read at its first spaces', () => {
  expect(promptBeginnings('The cat  sat.\n\nNo')).toEqual(['The', 'The cat', 'The cat  sat.']);
  expect(promptBeginnings('The')).toEqual(['The']);
  expect(promptBeginnings('a '.repeat(99))).toHaveLength(16);
});

class OtherModel extends BigramEngine {
  override async score(sequences: readonly Sequence[]): Promise<SequenceScore[]> {
    const scores = await super.score(sequences);
    return scores.map((score) => ({ ...score, tokenLogprobs: score.tokenLogprobs.map((value) => value - 1.6) }));
  }
}
