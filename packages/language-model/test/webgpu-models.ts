import { join } from 'node:path';
import type { Continuation } from '@shadow-gate/language-model/engine';
import { expect } from 'vitest';
import { languageModel } from '../../../test/language-models.ts';
import { LAVAPIPE, runScript } from '../../../test/run-script.ts';
import { difference, NO_STOPS, readCases, withEngine } from './runtime/engines.ts';

/** Runs language models on Mesa's software adapter, in a process of its own. */
const RUN = `
  import { openReference } from '#checkpoints/open.ts';
  import { OnnxEngine } from '#language-model/runtime/onnx-engine.ts';
  import { chooseModelDevice } from '#checkpoints/onnx/device.ts';
  const device = await chooseModelDevice('webgpu');
  const models = [];
  for (const { path, cases, prompts } of JSON.parse(process.env.MODELS)) {
    const engine = await OnnxEngine.open(await openReference(path), { device });
    const logitsOfCases = async () => {
      const logits = [];
      for (const tokens of cases) logits.push([...(await engine.logits(tokens))]);
      return logits;
    };
    const plain = await logitsOfCases();
    const generated = await engine.generate(prompts.map((prompt) => ({ ...prompt, stopTokens: new Set() })));
    models.push({ plain, generated, cached: await logitsOfCases() });
    await engine.close();
  }
  process.stdout.write(JSON.stringify({ device, models }));
`;

interface Found {
  readonly device: unknown;
  readonly models: ReadonlyArray<{
    readonly plain: readonly number[][];
    readonly generated: readonly Continuation[];
    readonly cached: readonly number[][];
  }>;
}

/** The logits must be those of transformers, with a KV cache and without, and the generated tokens those of the CPU. */
export async function expectSameOnWebgpu(names: readonly string[]): Promise<void> {
  const prompts = [[5, 6, 7, 8, 9, 10, 11], [12]].map((tokens) => ({
    tokens,
    maxNewTokens: 6,
    stopTokens: NO_STOPS,
  }));
  const expected = names.map((name) => readCases(join(languageModel(name), 'expected.safetensors')));
  const inputs = names.map((name, i) => ({
    path: languageModel(name),
    cases: expected[i]?.map(({ tokens }) => tokens),
    prompts,
  }));
  const env = { MODELS: JSON.stringify(inputs), VK_ICD_FILENAMES: LAVAPIPE ?? '' };
  const { device, models } = (await runScript(RUN, env)) as Found;
  expect(device).toEqual({ name: 'webgpu', reason: 'requested' });
  for (const [i, name] of names.entries()) {
    for (const [j, { label, logits }] of (expected[i] ?? []).entries()) {
      expect(difference(models[i]?.plain[j] ?? [], logits), `${name}, ${label}`).toBeLessThanOrEqual(1e-3);
      expect(difference(models[i]?.cached[j] ?? [], logits), `${name}, ${label}, with a KV cache`).toBeLessThanOrEqual(
        1e-3,
      );
    }
    const byCpu = await withEngine(languageModel(name), {}, (engine) => engine.generate(prompts));
    expect(models[i]?.generated, name).toEqual(byCpu);
  }
}
