import { execFile, execFileSync } from 'node:child_process';
import { cpSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { repository, temporaryFolder } from '../fixtures.ts';
import { describeNeeds } from '../needs.ts';
import { scriptArguments } from '../run-scripts.ts';

const run = promisify(execFile);
const RUNTIME = `onnxruntime-node@${packageJson.dependencies['onnxruntime-node']}`;

/** Whether packages can be installed here. */
function hasRegistry(): boolean {
  try {
    return execFileSync('npm', ['view', RUNTIME, 'version'], { stdio: ['ignore', 'pipe', 'ignore'] }).length > 0;
  } catch {
    return false;
  }
}

let folder: string;
let tarball: string;
let files: readonly string[];

beforeAll(async () => {
  folder = temporaryFolder();
  const script = scriptArguments('scripts/build/npm-package.ts');
  await run(process.execPath, [...script, '--outdir', folder, '--repository', 'someone/shadow-gate']);
  const destination = temporaryFolder();
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', destination], { cwd: folder });
  const [packed] = JSON.parse(stdout);
  tarball = join(destination, packed.filename);
  files = packed.files.map(({ path }: { readonly path: string }) => path);
}, 120_000);

describe('the npm package', () => {
  it('is small, and has the command line with the licenses of what is in it', () => {
    expect(statSync(tarball).size).toBeLessThan(30_000_000);
    expect(files).toContain('dist/cli.js');
    expect(files).toContain('dist/progress-worker.js');
    expect(files).toContain('dist/licenses.txt');
    expect(files).toContain('LICENSE');
    expect(files.filter((file) => /\.node$|\.so|\.dylib|\/index\.js$/.test(file))).toEqual([]);
  });

  it('depends on onnxruntime alone, in the version that is in the bundle, and can be published', () => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    expect(manifest.dependencies).toEqual({ 'onnxruntime-node': packageJson.dependencies['onnxruntime-node'] });
    expect(manifest.bin).toEqual({ 'shadow-gate': 'dist/cli.js' });
    expect(manifest.version).toBe(packageJson.version);
    expect(manifest).not.toHaveProperty('private');
    expect(manifest).not.toHaveProperty('scripts');
    // npm refuses a provenance that was signed elsewhere.
    expect(manifest.repository.url).toBe('git+https://github.com/someone/shadow-gate.git');
  });
});

describeNeeds(hasRegistry(), 'a package registry')('the npm package, installed into an empty folder', () => {
  let home: string;
  const runtime = (path: string) => join(home, 'node_modules/onnxruntime-node/bin/napi-v6', path);

  beforeAll(async () => {
    home = temporaryFolder();
    // Its script is not needed, and fails where NuGet cannot be reached.
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefix', home];
    await run('npm', ['install', ...flags, tarball], { cwd: home });
    cpSync(repository('examples'), join(home, 'examples'), { recursive: true });
  }, 240_000);

  /** What the installed command prints, on this machine or on one that calls itself so. */
  async function gate(arguments_: readonly string[], machine: object = {}): Promise<{ code: number; text: string }> {
    const lines = Object.entries(machine).map(
      ([key, value]) => `Object.defineProperty(process, '${key}', { value: '${value}' });`,
    );
    const env = { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(lines.join(''))}` };
    const command = join(home, 'node_modules/.bin/shadow-gate');
    return run(command, arguments_, { cwd: home, env }).then(
      ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
      ({ code, stdout, stderr }) => ({ code, text: stdout + stderr }),
    );
  }

  it('gives the verdict on the examples that README promises', async () => {
    const models = { checkpoint: 'benchmark-aligned', reference: 'base', baseline: 'coverage-expanding' };
    const options = Object.entries(models).flatMap(([name, model]) => [`--${name}`, `examples/${model}`]);
    const { code, text } = await gate(['check', ...options, '--policy', 'examples/shadow-gate.yml']);
    expect(text).toContain('fail: ');
    expect(code).toBe(1);
  }, 120_000);

  it('comes with libraries for Linux and macOS on arm64', () => {
    const elf = readFileSync(runtime('linux/arm64/onnxruntime_binding.node'));
    expect(elf.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    // e_machine: EM_AARCH64
    expect(elf.readUInt16LE(18)).toBe(183);
    const mach = readFileSync(runtime('darwin/arm64/onnxruntime_binding.node'));
    // MH_MAGIC_64, CPU_TYPE_ARM64
    expect(mach.readUInt32LE(0)).toBe(0xfeedfacf);
    expect(mach.readUInt32LE(4)).toBe(0x0100000c);
  });

  it.each([
    { platform: 'linux', arch: 'arm64' },
    { platform: 'darwin', arch: 'arm64' },
  ])('takes the library of $platform $arch there', async ({ platform, arch }) => {
    const { code, text } = await gate(['spectra', '--checkpoint', 'examples/base'], { platform, arch });
    expect(code).toBe(2);
    // It is no library of this machine: that is what the loader says about it.
    expect(text).toContain('onnxruntime could not be loaded');
    expect(text).toContain(runtime(`${platform}/${arch}/onnxruntime_binding.node`).replace(home, ''));
  });

  it('says in one line where there is no library, and helps there all the same', async () => {
    const machine = { platform: 'linux', arch: 'riscv64' };
    const { code, text } = await gate(['spectra', '--checkpoint', 'examples/base'], machine);
    expect(code).toBe(2);
    expect(text).toMatch(/^shadow-gate: error: .*onnxruntime-node has no library for linux-riscv64 — .*\n$/);
    expect((await gate(['--help'], machine)).code).toBe(0);
  });
});
