import { readFileSync } from 'node:fs';
import { withModel } from '@shadow-gate/language-model';
import { at } from '@shadow-gate/platform';
import { readTextSuite, type TextSuite } from '@shadow-gate/probes/texts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Habits } from '../../../packages/language-model/test/remote/completions-server.ts';
import {
  type ServedCheckpoint,
  serveCheckpoint,
} from '../../../packages/language-model/test/remote/serve-checkpoint.ts';
import { measureTexts } from '../../../src/measure/texts/measure-texts.ts';
import { fixture } from '../../fixtures.ts';
import { example } from '../shards/shard-files.ts';

const checkpoint = example('base');
/** By transformers. */
const reference: { readonly texts: ReadonlyArray<{ bytes: number; tokens: number; base: number }> } = JSON.parse(
  readFileSync(fixture('plain-texts', 'reference.json'), 'utf8'),
);

let served: ServedCheckpoint;
let suite: TextSuite;

beforeAll(async () => {
  served = await serveCheckpoint(checkpoint);
  const all = await readTextSuite(fixture('plain-texts', 'texts.txt'), 'texts.txt', { kept: true });
  // The server works out every token of a prompt anew; the long text is not among them.
  suite = { ...all, texts: all.texts.filter(({ text }) => text.length < 200).slice(0, 6) };
});
afterAll(() => served.stop());

async function scored(
  habits: Partial<Habits>,
  { tokenizer, own = suite }: { readonly tokenizer?: string | undefined; readonly own?: TextSuite } = {},
) {
  const usual = { ...served.server.habits };
  Object.assign(served.server.habits, habits);
  try {
    const source = { kind: 'endpoint', endpoint: served.server.url, model: 'toy', tokenizer } as const;
    const options = { needsTokenizer: false, now: new Date(0) };
    return at(await withModel(source, options, (model) => measureTexts([own], model)), 0);
  } finally {
    Object.assign(served.server.habits, usual);
  }
}

it.each<[string, Partial<Habits>]>([
  ['lists what is asked for', {}],
  ['lists no next tokens', { nextTokens: 'refused' }],
  ['takes no lists of prompts', { takesLists: false, nextTokens: 'refused' }],
])('a server that %s says how likely texts are', async (_, habits) => {
  const { scores, predictions } = await scored(habits, { tokenizer: checkpoint });
  expect(scores.ids).toEqual(suite.texts.map(({ id }) => id));
  for (const [i, id] of scores.ids.entries()) {
    const own = at(reference.texts, Number(id) - 1);
    expect([scores.bytes[i], scores.tokens[i]]).toEqual([own.bytes, own.tokens]);
    expect(scores.logprobs[i]).toBeCloseTo(own.base, 2);
  }
  expect(predictions).toBeUndefined();
});

it('a server that has the tokenizer, and puts its BOS before texts, scores all tokens', async () => {
  const { scores, encoding } = await scored({ addsBos: 'to text' });
  const tokens = scores.ids.map((id) => at(reference.texts, Number(id) - 1).tokens);
  expect(scores.tokens).toEqual(tokens);
  expect(scores.logprobs.every((logprob) => logprob < -1)).toBe(true);
  expect(encoding).toBeUndefined();
});

it('a server that returns no probabilities of a prompt leaves the texts out, and says why', async () => {
  const { scores, leftOut } = await scored(
    { promptLogprobs: 'refused', nextTokens: 'refused' },
    { tokenizer: checkpoint },
  );
  expect(scores.ids).toEqual([]);
  expect(leftOut).toMatch(/does not return log-probabilities of the prompt|refuses/);
});

it('a server that adds no BOS token cannot score the first token of a text, whose first word is not shown if it is private', async () => {
  const open = await scored({}, {});
  expect(open.leftOut).toMatch(/adds no BOS token, so the text's first token "\w+"/);
  const hidden = await scored({}, { own: { ...suite, kept: false } });
  expect(hidden.leftOut).toMatch(/adds no BOS token, so the text's first token \(text not shown\)/);
});
