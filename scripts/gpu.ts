// What can be checked on a machine with an NVIDIA GPU, in one run: each step of the set-up of CUDA, the golden set against
// transformers, and the benchmarks of language models and spectra. Usage: npm run gpu
//
// Libraries of CUDA that are missing are downloaded. The exit code is 0 only if CUDA was used and the golden set is right.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chooseModelDevice, configureCuda } from '@shadow-gate/checkpoints/onnx';

/** The golden set decides; times are for people. */
const RUNS = [
  { title: 'Golden set', script: 'docs/golden.ts', args: ['--check'], decides: true },
  { title: 'Language models', script: 'bench/lm.ts', args: [], decides: false },
  { title: 'Language models, bfloat16', script: 'bench/lm.ts', args: ['--dtype', 'BF16'], decides: false },
  {
    title: 'Language models, bfloat16 held in float32',
    script: 'bench/lm.ts',
    args: ['--dtype', 'BF16', '--held', 'float32'],
    decides: false,
  },
  { title: 'Spectra', script: 'bench/spectra.ts', args: ['--sizes', '4096x4096'], decides: false },
];

configureCuda({
  libraries: { kind: 'download' },
  onStep: (step, outcome) => console.log(`${step}: ${outcome}`),
  onNote: (line) => console.log(line),
  onUnusable: () => {},
});
try {
  await chooseModelDevice('cuda');
  for (const { title, script, args, decides } of RUNS) {
    console.log(`\n## ${title}\n`);
    const file = fileURLToPath(new URL(script, import.meta.url));
    const { status } = spawnSync(process.execPath, [...process.execArgv, file, '--device', 'cuda', ...args], {
      stdio: 'inherit',
    });
    if (status !== 0) console.log(`(ended with ${status})`);
    if (status !== 0 && decides) process.exitCode = 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
