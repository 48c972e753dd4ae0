import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '@shadow-gate/language-model/engine';
import { openTokenizer } from '@shadow-gate/language-model/tokens';
import { expect, it } from 'vitest';
import { CompletionsServer } from '../../packages/language-model/test/remote/completions-server.ts';
import { openEngine } from '../../packages/language-model/test/runtime/engines.ts';
import { control } from '../../src/gate/control.ts';
import { runCli } from '../cli/run-cli.ts';
import { temporaryFolder } from '../fixtures.ts';
import { example } from '../measure/shards/shard-files.ts';

const folder = temporaryFolder();
const policy = join(folder, 'policy.yml');
const lines = readFileSync(example('probes.jsonl'), 'utf8').split('\n').slice(0, 240);
writeFileSync(join(folder, 'probes.jsonl'), lines.join('\n'));
writeFileSync(policy, 'probes: [probes.jsonl]\n');
const checkpoint = example('coverage-expanding');

it('a checkpoint against itself on one machine is never red, and no answer changes', async () => {
  const found = await control({ model: { checkpoint }, policy, checks: 3, today: new Date() });
  expect(found.runs.map(({ verdict, changed }) => [verdict, changed])).toEqual(Array(3).fill(['pass', 0]));
  expect(new Set(found.runs.map(({ seed }) => seed)).size).toBe(3);
  // R: binom.test(0, 3, conf.level = 0.9)$conf.int[2]
  expect([found.red, found.upper]).toEqual([0, expect.closeTo(0.6316, 4)]);

  const options = ['--checkpoints', checkpoint, '--policy', policy];
  const { code, stdout } = await runCli('calibrate', ...options, '--probes', '2');
  expect([code, stdout]).toEqual([
    0,
    expect.stringContaining('0 of 2 checks of the model against itself, each with new questions, are red'),
  ]);
});

it('a server that answers with another model every third time is red, and doctor exits with 2', async () => {
  const engines = [await openEngine(checkpoint), await openEngine(example('benchmark-aligned'))];
  const tokenizer = await openTokenizer(checkpoint);
  const server = await new CompletionsServer(taken(engines), {
    encode: (text) => tokenizer.encode(text, { addSpecialTokens: false }),
    decode: (tokens) => tokenizer.decode(tokens, { skipSpecialTokens: false }),
    bos: 1,
  }).start();
  server.habits.models = { data: [{ id: 'toy', max_model_len: engines[0]?.maxLength }] };
  try {
    const options = ['--endpoint', server.url, '--model', 'toy', '--tokenizer', checkpoint, '--policy', policy];
    const { code, stdout } = await runCli('doctor', ...options, '--control', '1', '--json');
    const { checks } = JSON.parse(stdout);
    const [last] = checks.slice(-1);
    expect([code, last.name, last.status], stdout).toEqual([2, 'control', 'problem']);
    expect(last.text).toMatch(
      /^1 of 1 check of the model against itself, each with new questions, is red: probes-not-run \(up to 100/,
    );
  } finally {
    await server.stop();
    await tokenizer.close?.();
    for (const engine of engines) await engine.close();
  }
});

/** Every third request goes to the other engine. */
function taken(engines: readonly Engine[]): Engine {
  let calls = 0;
  let last: Promise<unknown> = Promise.resolve();
  const next = <T>(work: (engine: Engine) => Promise<T>): Promise<T> => {
    const engine = engines[calls % 3 === 0 ? 1 : 0];
    calls += 1;
    if (engine === undefined) throw new Error('no engine');
    const result = last.then(() => work(engine));
    last = result.catch(() => {});
    return result;
  };
  return {
    maxLength: engines[0]?.maxLength ?? 0,
    ...(engines[0]?.vocabulary === undefined ? {} : { vocabulary: engines[0].vocabulary }),
    score: (sequences) => next((engine) => engine.score(sequences)),
    generate: (prompts) => next((engine) => engine.generate(prompts)),
    close: async () => {},
  };
}
