// The built-in probe suite on this machine: how long all of it takes with a Llama-shaped model of about 120 million
// parameters, and how long it was expected to take. Usage: npx tsx scripts/bench/probes.ts [--device cpu|webgpu|cuda]
//
// The model has random weights. Its tokenizer splits text as GPT-4's does before it looks at the vocabulary, so that a
// prompt has about as many tokens as with a real tokenizer.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openCheckpointSource } from '@shadow-gate/language-model';
import type { ProbeItem } from '@shadow-gate/probes/item';
import { builtinSuite } from '@shadow-gate/probes/suite';
import { measureProbes } from '../../src/measure/measure-probes.ts';
import { parseDevice } from '../device-option.ts';
import { describeProcessor } from '../machine.ts';
import { shapeOf, writeModel } from './random-model.ts';

const { values } = parseArgs({ options: { device: { type: 'string', default: 'cpu' } } });
const SIZE = '120M';
const PIECES = String.raw`'(?:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+`;

const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-bench-'));
try {
  const checkpoint = join(folder, 'model');
  await writeModel(checkpoint, { size: SIZE });
  const suite = builtinSuite(1);
  const tokens = await writeTokenizer(checkpoint, [...suite.items, ...(suite.pilot ?? [])]);
  console.log(`${describeProcessor()}, device ${values.device}, Node ${process.version}`);
  console.log(`suite: ${suite.items.length} items at all levels, ${tokens} tokens in their prompts`);
  const source = await openCheckpointSource({ checkpoint, device: parseDevice(values.device) });
  const order = {
    suites: [suite],
    seed: 1,
    order: { seed: 1, isChosen: false },
    chatTemplate: false,
    budgetSeconds: null,
  };
  const { seconds, expectedSeconds, probes } = await measureProbes(source, order);
  const levels = probes.suites.flatMap((measured) => measured.levels ?? []);
  console.log(`levels: ${levels.map(({ family, count, asked }) => `${family} ${asked} of ${count}`).join(', ')}`);
  console.log(
    `${probes.items.length} items measured with the pilot in ${seconds.toFixed(1)} s, expected ${expectedSeconds.toFixed(1)} s`,
  );
  const inTime = await measureProbes(source, { ...order, budgetSeconds: 20 });
  console.log(`with a budget of 20 s: ${inTime.probes.items.length} items in ${inTime.seconds.toFixed(1)} s`);
  console.log(`peak memory: ${((process.resourceUsage().maxRSS * 1024) / 2 ** 20).toFixed(0)} MiB`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** A word-level tokenizer that knows every piece of the suite; returns how many tokens its prompts have. */
async function writeTokenizer(directory: string, items: readonly ProbeItem[]): Promise<number> {
  const split = (text: string): string[] => text.match(new RegExp(PIECES, 'gu')) ?? [];
  const texts = items.flatMap(({ prompt, question }) => [
    prompt,
    ...(question.kind === 'choice' ? question.choices : []).map((choice) => ` ${choice}`),
  ]);
  const words = [...new Set(texts.flatMap(split))];
  if (words.length + 2 > shapeOf('llama', SIZE).vocabulary) throw new Error(`${words.length} pieces are too many`);
  const vocab = Object.fromEntries(['<s>', '<unk>', ...words].map((word, id) => [word, id]));
  const added = (id: number, content: string) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [added(0, '<s>'), added(1, '<unk>')],
    normalizer: null,
    pre_tokenizer: { type: 'Split', pattern: { Regex: PIECES }, behavior: 'Isolated', invert: false },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab, unk_token: '<unk>' },
  };
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(tokenizer));
  await writeFile(join(directory, 'tokenizer_config.json'), JSON.stringify({ bos_token: '<s>', unk_token: '<unk>' }));
  return items.reduce((sum, { prompt }) => sum + split(prompt).length, 0);
}
