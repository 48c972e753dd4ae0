import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseDevice, chooseModelDevice } from '@shadow-gate/checkpoints/onnx';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { itNeeds } from '../../../../test/needs.ts';
import { LAVAPIPE, runScript } from '../../../../test/run-script.ts';

const CHOOSE = `
  import { chooseDevice, chooseModelDevice } from '#checkpoints/onnx/device.ts';
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
    const script = `import '#checkpoints/onnx/session.ts'; process.stdout.write(JSON.stringify(process.env.NVIDIA_TF32_OVERRIDE));`;
    expect(await runScript(script, { NVIDIA_TF32_OVERRIDE: '1' })).toBe('0');
  });

  itNeeds(!existsSync('/dev/nvidia0'), 'a machine without an NVIDIA GPU')(
    'is the CPU for auto, and never WebGPU; cuda is an error',
    async () => {
      // Also where a driver for WebGPU is installed: it was never seen to be faster.
      const cpu = { name: 'cpu', reason: 'there is no NVIDIA GPU', isOrdinary: true };
      expect(await choose('auto', LAVAPIPE ?? NO_DRIVERS)).toEqual([cpu, cpu]);
      const choosing = chooseModelDevice('cuda');
      await expect(choosing).rejects.toThrow(
        /^device cuda: there is no NVIDIA GPU — use a machine with one, or device cpu$/,
      );
      await expect(choosing).rejects.toMatchObject({ code: 'no-device' });
    },
  );
});
