import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The newest on December 1, 2026. Its prebuilt library for the processor alone: those for graphics adapters are 600 MB.
 */
const NODE_LLAMA_CPP = '3.22.1';
const PYTHON_PACKAGES = ['torch==2.13.0', 'transformers==5.24.0', 'gguf==0.19.0', 'lm_eval[hf]==0.4.13'];

export const LLAMA_CPP_VERSION = `node-llama-cpp ${NODE_LLAMA_CPP}`;

/** @returns the module that `import` takes */
export function installLlamaCpp(folder: string): string {
  const home = join(folder, `node-llama-cpp-${NODE_LLAMA_CPP}`);
  const module = join(home, 'node_modules/node-llama-cpp/dist/index.js');
  if (existsSync(module)) return module;
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  const packages = ['node-llama-cpp', `@node-llama-cpp/${process.platform}-${process.arch}`];
  runInstaller(
    'npm',
    ['install', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'].concat(
      packages.map((name) => `${name}@${NODE_LLAMA_CPP}`),
    ),
    home,
  );
  return module;
}

/** @returns the Python of a virtual environment with torch, transformers, gguf and lm_eval */
export function installPython(folder: string): string {
  const home = join(folder, 'venv');
  const python = join(home, 'bin/python');
  const isReady = join(home, 'ready');
  if (existsSync(isReady)) return python;
  runInstaller('python3', ['-m', 'venv', home], folder);
  runInstaller(python, ['-m', 'pip', 'install', '--quiet', ...PYTHON_PACKAGES], folder);
  writeFileSync(isReady, '');
  return python;
}

function runInstaller(command: string, parameters: readonly string[], cwd: string): void {
  console.log(`${command} ${parameters.join(' ')}`);
  const { status, error } = spawnSync(command, parameters, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error || status !== 0) throw new Error(`${command} failed: ${error?.message ?? `status ${status}`}`);
}
