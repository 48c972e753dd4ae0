import { join } from 'node:path';
import { openReference } from '@shadow-gate/checkpoints';
import { lowerBound, upperBound } from '@shadow-gate/spectra/bounded';
import { flattenMetrics } from '../../../src/measure/aggregate.ts';
import { measureSpectra } from '../../../src/measure/measure-spectra.ts';
import { runCliWith } from '../../cli/run-cli.ts';
import { type Fuzzer, promise } from '../fuzzer.ts';
import { type Input, single, textOf, writeInput } from '../input.ts';
import { seedBytes } from '../seeds.ts';

const COMMANDS = [
  'check',
  'measure',
  'merge',
  'compare',
  'report',
  'spectra',
  'probes',
  'score',
  'generate',
  'nope',
  '',
];
const OPTIONS = [
  '--checkpoint',
  '--reference',
  '--baseline',
  '--candidate',
  '--policy',
  '--out',
  '--only',
  '--seed',
  '--budget',
  '--shard',
  '--device',
  '--method',
  '--max-memory',
  '--tensor',
  '--json',
  '--values',
  '--debug',
  '--model',
  '--input',
  '--help',
  '--no-store',
  '--unknown',
];
const ARGUMENTS = [
  '',
  'x',
  '.',
  '/',
  '/dev/null',
  '/proc/self/mem',
  'shadow-gate.yml',
  'missing/file.json',
  'a\u001b[31m\u0007',
  '::error::planted',
  'x\n::set-output name=a::b',
  '\u202e\u009b2J',
  '-1',
  '1e999',
  '2/1',
  '99999999999999999999',
  'hf://',
  'cpu',
  'spectra',
  'rotate',
  '[',
  '**/'.repeat(500),
  'x'.repeat(5000),
];

/** What a terminal would act on. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is searched for
const ACTIVE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

export const commandLine: Fuzzer = {
  name: 'command-line',
  about: 'arguments of the command line',
  make: (random) => {
    const count = random.int(0, 5);
    const parts = Array.from({ length: count }, () =>
      random.int(0, 1) === 0
        ? [random.pick(OPTIONS), random.pick(ARGUMENTS)]
        : [random.pick([...OPTIONS, ...ARGUMENTS])],
    );
    return single(JSON.stringify([random.pick(COMMANDS), ...parts.flat()]));
  },
  run: async (input, folder) => {
    writeInput({}, folder);
    const before = process.cwd();
    process.chdir(folder);
    try {
      const given = JSON.parse(textOf(input)) as string[];
      const { code, stdout, stderr } = await runCliWith({ SHADOW_GATE_CACHE: 'off' }, ...given);
      const printed = stdout + stderr;
      promise([0, 1, 2, 3].includes(code), `the exit code is ${code}`);
      promise(!printed.includes('internal error'), `an internal error: ${printed.slice(0, 300)}`);
      promise(!ACTIVE.test(printed), `a control character is printed: ${JSON.stringify(printed.slice(0, 300))}`);
      promise(!/^(::|##\[)/m.test(printed), `a workflow command is printed: ${printed.slice(0, 300)}`);
    } finally {
      process.chdir(before);
    }
  },
};

const BITS = ['NaN', 'Infinity', '-Infinity', '0', '-0', '1e-45', '3e38', '1e20', '-1'];

export const numbers: Fuzzer = {
  name: 'numbers',
  about: 'values of weights: NaN, Inf, denormals, huge and equal ones',
  make: (random): Input => {
    const file = Uint8Array.from(seedBytes('test/fixtures/llama-f32/model.safetensors'));
    const start = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    const values = new DataView(file.buffer, start);
    const count = Math.floor((file.length - start) / 4);
    const length = random.pick([1, 30, 1000, count]);
    const from = random.int(0, Math.max(0, count - length));
    const value = Number(random.pick(BITS));
    for (let i = from; i < from + length; i += 1) values.setFloat32(4 * i, value, true);
    return { 'config.json': seedBytes('test/fixtures/llama-f32/config.json'), 'model.safetensors': file };
  },
  run: async (input, folder) => {
    writeInput(input, folder);
    const checkpoint = await openReference(join(folder));
    const { tensors } = await measureSpectra(checkpoint, null, {
      device: 'cpu',
      method: 'auto',
      isWanted: (name) => /layers\.0\.(self_attn\.q|mlp\.up)_proj|embed|norm/.test(name),
    });
    for (const { name, metrics, status } of tensors) {
      promise(
        (metrics === null) === (status !== 'measured'),
        `${name} is ${status}, with ${metrics ? '' : 'no '}metrics`,
      );
      if (!metrics) continue;
      for (const [metric, value] of Object.entries(flattenMetrics(metrics))) {
        promise(
          Number.isFinite(lowerBound(value)) && Number.isFinite(upperBound(value)),
          `${metric} of ${name} is not finite`,
        );
      }
      const { stableRank, participationRatio, effectiveRank, rank } = metrics;
      const order = [stableRank, participationRatio, effectiveRank, ...(rank === null ? [] : [rank])];
      for (const [i, value] of order.entries()) {
        const next = order[i + 1];
        const slack = 1 + 1e-6;
        promise(
          next === undefined || lowerBound(value) <= upperBound(next) * slack,
          `the ranks of ${name} are not in order: ${JSON.stringify(order)}`,
        );
      }
    }
  },
};
