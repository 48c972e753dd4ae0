import { execFile } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { measurementSchema } from '../../src/measure/schema/measurement.ts';
import { editTensor } from '../checkpoint/edit-tensor.ts';
import { safetensorsBytes } from '../checkpoint/write-safetensors.ts';
import { fixture, readJson, temporaryFolder } from '../fixtures.ts';
import { describeNeeds } from '../needs.ts';
import { LAVAPIPE } from '../onnx/run-script.ts';
import { builtDist } from './built-dist.ts';

// What only a process of the built command line can show. Everything else about the commands is in test/cli.

let dist: string;
beforeAll(async () => {
  dist = await builtDist();
});

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run a program in an empty folder. */
function runProgram(file: string, args: readonly string[], env: Readonly<NodeJS.ProcessEnv> = {}): Promise<Result> {
  return new Promise((resolve) => {
    const options = { cwd: temporaryFolder(), maxBuffer: 64 * 1024 * 1024, env: { ...process.env, ...env } };
    execFile(file, args, options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

const cli = (args: readonly string[], env?: Readonly<NodeJS.ProcessEnv>) =>
  runProgram(process.execPath, [join(dist, 'cli.js'), ...args], env);

describe('the built command line', () => {
  it('exits with the code of the verdict', async () => {
    const broken = join(temporaryFolder(), 'broken');
    cpSync(fixture('llama-f32'), broken, { recursive: true });
    editTensor(join(broken, 'model.safetensors'), 'model.layers.1.mlp.up_proj.weight', (values) =>
      values.fill(Number.NaN, 0, 1),
    );
    const { code, stdout } = await cli(['check', '--checkpoint', broken, '--baseline', fixture('llama-f32')]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✘ fail: /);
  });

  it('prints the stack trace of an error only with --debug', async () => {
    const args = ['check', '--checkpoint', join(temporaryFolder(), 'none')];
    const brief = await cli(args);
    expect(brief).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^shadow-gate: error: [^\n]+ — [^\n]+\n$/),
    });
    const { code, stderr } = await cli(['--debug', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(brief.stderr);
    expect(stderr).toMatch(/\n {4}at /);
  });

  it('does not fail if nobody reads all of its output, and does not report a full disk as the verdict "fail"', async () => {
    const args = `spectra --json --values --checkpoint ${fixture('llama-f64')}`;
    const command = `${process.execPath} ${join(dist, 'cli.js')} ${args}`;
    const shell = (line: string) => runProgram('bash', ['-c', `set -o pipefail; ${line}`]);
    expect(await shell(`${command} | head -1`)).toMatchObject({ code: 0, stderr: '' });
    const full = await shell(`${command} > /dev/full`);
    expect(full.code).toBe(2);
    expect(full.stderr).toMatch(/^shadow-gate: error: cannot write to standard output[^\n]*\n$/);
  });

  it('refuses WebGPU without a Vulkan driver in one line', async () => {
    const args = ['check', '--checkpoint', fixture('gpt2'), '--device', 'webgpu'];
    expect(await cli(args, { VK_ICD_FILENAMES: '/nonexistent' })).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^.*device webgpu: there is no Vulkan driver — install a Vulkan driver[^\n]*\n$/),
    });
  });
});

describeNeeds(LAVAPIPE !== null, "Mesa's software adapter (mesa-vulkan-drivers)")(
  "measure on WebGPU's software adapter",
  () => {
    const measured = async (method: string) => {
      const folder = temporaryFolder();
      const [checkpoint, out] = [join(folder, 'model.safetensors'), join(folder, 'm.json')];
      const shape = [120, 80];
      const values = Float32Array.from({ length: 120 * 80 }, (_, i) => Math.sin(i * i));
      const entry = { dtype: 'F32', shape, data_offsets: [0, values.byteLength] };
      const header = { 'model.layers.0.mlp.up_proj.weight': entry };
      writeFileSync(checkpoint, safetensorsBytes(header, Buffer.from(values.buffer)));
      const args = ['--only', 'spectra', '--checkpoint', checkpoint, '--device', 'webgpu', '--method', method];
      const { code, stderr } = await cli(['measure', ...args, '--out', out], { VK_ICD_FILENAMES: LAVAPIPE ?? '' });
      expect(code, stderr).toBe(0);
      const { device, run, tensors } = measurementSchema.parse(readJson(out));
      return { device, reason: run.deviceReason, tensors: tensors.map((tensor) => [tensor.method, tensor.status]) };
    };

    it('multiplies there for fast spectra, and reports what still runs on the CPU', async () => {
      expect(await measured('fast')).toEqual({
        device: 'webgpu',
        reason: expect.stringMatching(/float64.* CPU/),
        tensors: [['fast', 'measured']],
      });
    });

    it('computes exact spectra on the CPU, and reports why', async () => {
      expect(await measured('exact')).toEqual({
        device: 'cpu',
        reason: expect.stringMatching(/exact spectra need float64/),
        tensors: [['exact', 'measured']],
      });
    });
  },
);
