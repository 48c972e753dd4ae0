import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Continuation } from '../../src/language-model/engine.ts';
import { chooseDevice, chooseModelDevice } from '../../src/onnx/device.ts';
import { temporaryFolder } from '../fixtures.ts';
import { difference, languageModel, NO_STOPS, readCases, withEngine } from '../language-model/runtime/engines.ts';
import { describeNeeds, itNeeds } from '../needs.ts';
import { LAVAPIPE, runScript } from './run-script.ts';

const CHOOSE = `
  import { chooseDevice, chooseModelDevice } from '#src/onnx/device.ts';
  const answers = [];
  for (const choose of [chooseModelDevice, chooseDevice]) {
    answers.push(await choose(process.env.CHOICE).catch((error) => ({ error: error.name, message: error.message })));
  }
  process.stdout.write(JSON.stringify(answers));
`;
/** @returns what is chosen for a model, and for spectra */
const choose = (choice: string, drivers: string) =>
  runScript(CHOOSE, { CHOICE: choice, VK_ICD_FILENAMES: drivers }) as Promise<unknown[]>;

/** No such file: Vulkan finds no driver. */
const NO_DRIVERS = '/nonexistent';

describe('a device', () => {
  it('that is asked for is taken, and that is the reason', async () => {
    expect(await chooseModelDevice('cpu')).toEqual({ name: 'cpu', reason: 'asked for' });
    expect(await chooseDevice('cpu')).toEqual({ name: 'cpu', reason: 'asked for' });
  });

  it('webgpu is refused where there is no driver, and the mend is one', async () => {
    const refusal = {
      error: 'UserError',
      message: expect.stringMatching(/^device webgpu: .* — install a Vulkan driver, or use device cpu$/),
    };
    expect(await choose('webgpu', NO_DRIVERS)).toEqual([refusal, refusal]);
  });

  it('webgpu is refused where a driver finds no adapter', async () => {
    const driver = join(temporaryFolder(), 'driver.json');
    writeFileSync(driver, JSON.stringify({ file_format_version: '1.0.0', ICD: { library_path: 'none.so' } }));
    const refusal = {
      error: 'UserError',
      message: 'device webgpu: WebGPU finds no adapter — install a Vulkan driver, or use device cpu',
    };
    expect(await choose('webgpu', driver)).toEqual([refusal, refusal]);
  });

  itNeeds(LAVAPIPE !== null, "Mesa's software adapter (mesa-vulkan-drivers)")(
    'webgpu for spectra says that not all of it runs there',
    async () => {
      expect(await choose('webgpu', LAVAPIPE ?? '')).toEqual([
        { name: 'webgpu', reason: 'asked for' },
        { name: 'webgpu', reason: 'asked for; what needs float64 is computed on the CPU' },
      ]);
    },
  );

  it('cuda multiplies without TF32, whatever the environment says', async () => {
    const script = `import '#src/onnx/session.ts'; process.stdout.write(JSON.stringify(process.env.NVIDIA_TF32_OVERRIDE));`;
    expect(await runScript(script, { NVIDIA_TF32_OVERRIDE: '1' })).toBe('0');
  });

  it('auto never fails, and says why it is not a faster one', async () => {
    const [model, spectra] = (await choose('auto', NO_DRIVERS)) as { name: string; reason: string }[];
    // A machine for tests may have a graphics processor; what is on it must be said then too.
    expect(['cpu', 'cuda']).toContain(model?.name);
    if (model?.name === 'cpu') {
      expect(model.reason).toMatch(/CUDA provider .*, and (WebGPU finds no graphics processor|WebGPU .+)$/);
      expect(spectra).toEqual({ name: 'cpu', reason: expect.not.stringMatching(/WebGPU/) });
    } else {
      expect(model?.reason).toBe('its provider works here');
      expect(spectra).toEqual(model);
    }
  });

  itNeeds(!existsSync('/dev/nvidia0'), 'a machine without an NVIDIA GPU')(
    'cuda is refused where its provider is missing',
    async () => {
      await expect(chooseModelDevice('cuda')).rejects.toThrow(
        /^device cuda: .*CUDA provider.* — install it, or use device cpu$/,
      );
    },
  );
});

/** Attention that is fused or not, windows, softcap, two ropes, experts, alibi, learned positions. */
const MODELS = ['llama', 'gemma', 'gemma2', 'gemma3-text', 'mixtral', 'falcon-alibi', 'gpt2'];

const ASK = `
  import { openReference } from '#src/checkpoint/open.ts';
  import { OnnxEngine } from '#src/language-model/runtime/onnx-engine.ts';
  import { chooseModelDevice } from '#src/onnx/device.ts';
  const device = await chooseModelDevice('webgpu');
  const models = [];
  for (const { path, cases, prompts } of JSON.parse(process.env.QUESTIONS)) {
    const engine = await OnnxEngine.open(await openReference(path), { device });
    const ask = async () => {
      const logits = [];
      for (const tokens of cases) logits.push([...(await engine.logits(tokens))]);
      return logits;
    };
    const plain = await ask();
    const made = await engine.generate(prompts.map((prompt) => ({ ...prompt, stopTokens: new Set() })));
    models.push({ plain, made, keeping: await ask() });
    await engine.close();
  }
  process.stdout.write(JSON.stringify({ device, models }));
`;

interface Found {
  readonly device: unknown;
  readonly models: ReadonlyArray<{
    readonly plain: readonly number[][];
    readonly made: readonly Continuation[];
    readonly keeping: readonly number[][];
  }>;
}

describeNeeds(LAVAPIPE !== null, "Mesa's software adapter (mesa-vulkan-drivers)")(
  "WebGPU on Mesa's software adapter",
  () => {
    it('gives the logits of transformers and continues as the CPU does', async () => {
      const prompts = [[5, 6, 7, 8, 9, 10, 11], [12]].map((tokens) => ({
        tokens,
        maxNewTokens: 6,
        stopTokens: NO_STOPS,
      }));
      const expected = MODELS.map((name) => readCases(join(languageModel(name), 'expected.safetensors')));
      const questions = MODELS.map((name, i) => ({
        path: languageModel(name),
        cases: expected[i]?.map(({ tokens }) => tokens),
        prompts,
      }));
      const env = { QUESTIONS: JSON.stringify(questions), VK_ICD_FILENAMES: LAVAPIPE ?? '' };
      const { device, models } = (await runScript(ASK, env)) as Found;
      expect(device).toEqual({ name: 'webgpu', reason: 'asked for' });
      for (const [i, name] of MODELS.entries()) {
        for (const [j, { label, logits }] of (expected[i] ?? []).entries()) {
          expect(difference(models[i]?.plain[j] ?? [], logits), `${name}, ${label}`).toBeLessThanOrEqual(1e-3);
          expect(difference(models[i]?.keeping[j] ?? [], logits), `${name}, ${label}, keeping`).toBeLessThanOrEqual(
            1e-3,
          );
        }
        const byCpu = await withEngine(languageModel(name), {}, (engine) => engine.generate(prompts));
        expect(models[i]?.made, name).toEqual(byCpu);
      }
    });
  },
);
