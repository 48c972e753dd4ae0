import { execFile, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { editTensor } from '../../packages/checkpoints/test/edit-tensor.ts';
import { safetensorsBytes } from '../../packages/checkpoints/test/write-safetensors.ts';
import { measurementSchema } from '../../src/measure/schema/measurement.ts';
import { fixture, readJson, repository, temporaryFolder } from '../fixtures.ts';
import { describeNeeds } from '../needs.ts';
import { LAVAPIPE } from '../run-script.ts';
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

  it('reports a limit of memory in one line, and never as the verdict "fail"', async () => {
    // Spectra of 64 columns and more are computed in WebAssembly, which reserves 8 GiB of addresses.
    const args = `check --only spectra --checkpoint ${fixture('phi3')} --baseline ${fixture('phi3')}`;
    const limited = (kilobytes: number, command: string) =>
      runProgram('bash', [
        '-c',
        `ulimit -c 0; ulimit -v ${kilobytes}; exec timeout -k 5 30 ${process.execPath} ${command}`,
      ]);
    const ownLines = (text: string) => text.match(/shadow-gate: [^\n]+/g) ?? [];
    // Once in many runs Node waits without an end for a thread that got no memory (docs/lab-notes/status.md): that is
    // no verdict either.
    const TIMED_OUT = [124, 137];
    // With less than this, Node itself does not start: it ends by a signal, whose exit code is above 128.
    for (const gigabytes of [1.2, 1.5, 2, 3, 4, 6, 8, 10, 12]) {
      const other = await limited(gigabytes * 1_000_000, `${join(dist, 'cli.js')} compare none.json none.json`);
      if (!TIMED_OUT.includes(other.code ?? 0)) {
        expect(other.code, other.stderr).toBe(2);
        // Before it there can be what V8 says itself where it gets no memory, cut anywhere.
        expect(ownLines(other.stderr), other.stderr).toEqual([expect.stringMatching(/^shadow-gate: error: .+ — .+/)]);
      }
      const { code, stdout, stderr } = await limited(gigabytes * 1_000_000, `${join(dist, 'cli.js')} ${args}`);
      if (TIMED_OUT.includes(code ?? 0)) continue;
      if (code === 0) {
        expect(stdout).toMatch(/✔ pass/);
        continue;
      }
      expect(code, `${gigabytes} GB: ${stderr}`).toBe(2);
      expect(stdout).toBe('');
      expect(ownLines(stderr), stderr).toEqual([expect.stringMatching(/^shadow-gate: error: .* — .*more memory/)]);
      expect(stderr).not.toMatch(/\n {4}at |Node\.js v/);
    }
  });

  it('and the built action report a file of the release that is missing in one line', async () => {
    const broken = join(temporaryFolder(), 'dist');
    cpSync(dist, broken, { recursive: true });
    for (const name of readdirSync(broken)) if (name.startsWith('shared-')) rmSync(join(broken, name));
    for (const command of ['check', 'compare']) {
      const { code, stderr } = await runProgram(process.execPath, [join(broken, 'cli.js'), command]);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^shadow-gate: internal error: [^\n]*Cannot find module [^\n]*\n$/);
    }
    const { code, stdout } = await runProgram(process.execPath, [join(broken, 'index.js')]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^::error::[^\n]*Cannot find module [^\n]*\n$/);
  });

  it('leaves nothing behind when its first process is killed in the middle of a measurement', async () => {
    const out = join(temporaryFolder(), 'measurement.json');
    const args = ['measure', '--checkpoint', repository('examples', 'base'), '--seed', '1', '--out', out];
    const child = spawn(process.execPath, [join(dist, 'cli.js'), ...args], { stdio: 'ignore' });
    const descendants = () => {
      const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
      const pairs = rows.map((row) => row.trim().split(/\s+/).map(Number));
      const of = (parent: number): number[] =>
        pairs.flatMap(([pid = 0, ppid]) => (ppid === parent ? [pid, ...of(pid)] : []));
      return of(child.pid ?? 0);
    };
    // The second process, and that of the tokenizer.
    const all = await vi.waitUntil(() => (descendants().length >= 2 ? descendants() : null), { timeout: 60_000 });
    child.kill('SIGKILL');
    const isRunning = (pid: number) => existsSync(`/proc/${pid}`);
    await vi.waitFor(() => expect(all.filter(isRunning)).toEqual([]), { timeout: 20_000 });
    expect(existsSync(out)).toBe(false);
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
