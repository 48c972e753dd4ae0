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
/** @returns the devices that are chosen for a model and for spectra */
const choose = (choice: string, drivers: string) =>
  runScript(CHOOSE, { CHOICE: choice, VK_ICD_FILENAMES: drivers }) as Promise<unknown[]>;

/** No such file: Vulkan finds no driver. */
const NO_DRIVERS = '/nonexistent';

describe('the choice of a device', () => {
  it('is the requested one', async () => {
    expect(await chooseModelDevice('cpu')).toEqual({ name: 'cpu', reason: 'requested' });
    expect(await chooseDevice('cpu')).toEqual({ name: 'cpu', reason: 'requested' });
  });

  it('refuses webgpu without a driver, and suggests to install one', async () => {
    const refusal = {
      error: 'UserError',
      message: expect.stringMatching(/^device webgpu: .* — install a Vulkan driver, or use device cpu$/),
    };
    expect(await choose('webgpu', NO_DRIVERS)).toEqual([refusal, refusal]);
  });

  it('refuses webgpu if the driver finds no adapter', async () => {
    const driver = join(temporaryFolder(), 'driver.json');
    writeFileSync(driver, JSON.stringify({ file_format_version: '1.0.0', ICD: { library_path: 'none.so' } }));
    const refusal = {
      error: 'UserError',
      message: 'device webgpu: WebGPU finds no adapter — install a Vulkan driver, or use device cpu',
    };
    expect(await choose('webgpu', driver)).toEqual([refusal, refusal]);
  });

  itNeeds(LAVAPIPE !== null, "Mesa's software adapter (mesa-vulkan-drivers)")(
    'notes for spectra on webgpu that not all of the work runs there',
    async () => {
      expect(await choose('webgpu', LAVAPIPE ?? '')).toEqual([
        { name: 'webgpu', reason: 'requested' },
        { name: 'webgpu', reason: 'requested; float64 work runs on the CPU' },
      ]);
    },
  );

  it('turns TF32 off, whatever the environment says', async () => {
    const script = `import '#src/onnx/session.ts'; process.stdout.write(JSON.stringify(process.env.NVIDIA_TF32_OVERRIDE));`;
    expect(await runScript(script, { NVIDIA_TF32_OVERRIDE: '1' })).toBe('0');
  });

  it('never fails for auto, and has the reason why it is not a faster device', async () => {
    const [model, spectra] = (await choose('auto', NO_DRIVERS)) as { name: string; reason: string }[];
    // The machine that runs the tests can have a GPU.
    expect(['cpu', 'cuda']).toContain(model?.name);
    if (model?.name === 'cpu') {
      expect(model.reason).toMatch(/CUDA provider .*, and (WebGPU finds no GPU|WebGPU .+)$/);
      expect(spectra).toEqual({ name: 'cpu', reason: expect.not.stringMatching(/WebGPU/) });
    } else {
      expect(model?.reason).toBe('its provider works here');
      expect(spectra).toEqual(model);
    }
  });

  itNeeds(!existsSync('/dev/nvidia0'), 'a machine without an NVIDIA GPU')(
    'refuses cuda without its provider',
    async () => {
      await expect(chooseModelDevice('cuda')).rejects.toThrow(
        /^device cuda: .*CUDA provider.* — install the provider, or use device cpu$/,
      );
    },
  );
});

/** Fused and plain attention, windows, softcap, two rotary bases, experts, ALiBi, learned positions. */
const MODELS = ['llama', 'gemma', 'gemma2', 'gemma3-text', 'mixtral', 'falcon-alibi', 'gpt2'];

const RUN = `
  import { openReference } from '#src/checkpoint/open.ts';
  import { OnnxEngine } from '#src/language-model/runtime/onnx-engine.ts';
  import { chooseModelDevice } from '#src/onnx/device.ts';
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

describeNeeds(LAVAPIPE !== null, "Mesa's software adapter (mesa-vulkan-drivers)")(
  "WebGPU on Mesa's software adapter",
  () => {
    it('gives the logits of transformers, and generates the same tokens as the CPU', async () => {
      const prompts = [[5, 6, 7, 8, 9, 10, 11], [12]].map((tokens) => ({
        tokens,
        maxNewTokens: 6,
        stopTokens: NO_STOPS,
      }));
      const expected = MODELS.map((name) => readCases(join(languageModel(name), 'expected.safetensors')));
      const inputs = MODELS.map((name, i) => ({
        path: languageModel(name),
        cases: expected[i]?.map(({ tokens }) => tokens),
        prompts,
      }));
      const env = { MODELS: JSON.stringify(inputs), VK_ICD_FILENAMES: LAVAPIPE ?? '' };
      const { device, models } = (await runScript(RUN, env)) as Found;
      expect(device).toEqual({ name: 'webgpu', reason: 'requested' });
      for (const [i, name] of MODELS.entries()) {
        for (const [j, { label, logits }] of (expected[i] ?? []).entries()) {
          expect(difference(models[i]?.plain[j] ?? [], logits), `${name}, ${label}`).toBeLessThanOrEqual(1e-3);
          expect(
            difference(models[i]?.cached[j] ?? [], logits),
            `${name}, ${label}, with a KV cache`,
          ).toBeLessThanOrEqual(1e-3);
        }
        const byCpu = await withEngine(languageModel(name), {}, (engine) => engine.generate(prompts));
        expect(models[i]?.generated, name).toEqual(byCpu);
      }
    });
  },
);
