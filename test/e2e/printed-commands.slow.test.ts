import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { float32, writeSafetensors } from '../../packages/checkpoints/test/write-safetensors.ts';
import { runCommandLine } from '../../src/cli/run.ts';
import { fixture, repository, temporaryFolder } from '../fixtures.ts';
import { asProcess } from './as-process.ts';

const folder = temporaryFolder();
const environment = { PATH: process.env.PATH ?? '', SHADOW_GATE_CACHE: join(folder, '.cache') };
const cli = (...args: string[]) =>
  asProcess({ environment, folder }, async () => {
    process.exitCode = await runCommandLine(args, Object.assign(process, { now: () => new Date() }));
  });

/** The commands of a text: on the lines of a terminal, and as code in a comment. */
function commandsIn(text: string): string[] {
  const lines = text.replaceAll(/ \\\n */g, ' ').match(/^ *shadow-gate .*$/gm) ?? [];
  const codes = [...text.matchAll(/(?:<code>|`)(shadow-gate [^`<]+)/g)].map(([, command = '']) => command);
  return [...lines, ...codes].map((command) => command.trim()).filter((command) => command.includes(' --'));
}

/** Without quotes, which no path here has. */
const wordsOf = (command: string): string[] => command.split(/\s+/).slice(1);

/** What only a user can fill in. */
const isOpen = (command: string): boolean => /\b(?:URL|NAME|FOLDER|PATH|GOOD-\d|BASE)\b/.test(command);

beforeAll(() => {
  const models = { new: 'benchmark-aligned', base: 'base', approved: 'coverage-expanding' };
  for (const [path, example] of Object.entries(models)) {
    cpSync(repository('examples', example), join(folder, path), { recursive: true });
  }
  cpSync(fixture('language-models', 'llama'), join(folder, 'llama'), { recursive: true });
  cpSync(repository('examples/base/tokenizer.json'), join(folder, 'llama/tokenizer.json'));
  writeAdapter(join(folder, 'lora'));
  cpSync(repository('examples/probes.jsonl'), join(folder, 'probes.jsonl'));
  writeFileSync(join(folder, 'own.yml'), 'probes: [probes.jsonl]\n');
  writeFileSync(
    join(folder, 'strict.yml'),
    'probes: []\nrules: [{ metric: topEnergy.1, of: weight, relative: 0.00001 }]\n',
  );
});

/** A small update of one matrix of the base. */
function writeAdapter(path: string): void {
  mkdirSync(path);
  const [rank, size] = [2, 96];
  const factor = (rows: number, columns: number) =>
    float32(
      [rows, columns],
      Array.from({ length: rows * columns }, (_, i) => Math.sin(i) / 20),
    );
  const name = 'base_model.model.model.layers.0.self_attn.q_proj';
  const factors = { [`${name}.lora_A.weight`]: factor(rank, size), [`${name}.lora_B.weight`]: factor(size, rank) };
  writeSafetensors(join(path, 'adapter_model.safetensors'), factors);
  const config = { peft_type: 'LORA', r: rank, lora_alpha: rank, target_modules: ['q_proj'] };
  writeFileSync(join(path, 'adapter_config.json'), JSON.stringify(config));
}

const PROBES = ['--reference', 'base', '--policy', 'own.yml'];

describe('every command that a check prints runs as it is', () => {
  it.each<[string, string[], RegExp]>([
    [
      'of a loss',
      ['--checkpoint', 'new', '--baseline', 'approved', ...PROBES, '--all'],
      /measure --checkpoint new --reference base/,
    ],
    ['of a gain that is not carried over', ['--checkpoint', 'new', '--baseline', 'base', ...PROBES, '--all'], /^$/],
    ['of a first run', ['--checkpoint', 'approved', ...PROBES], /measure .*--out \.shadow-gate\/baseline\.json/],
    [
      'of a rule',
      ['--checkpoint', 'new', '--baseline', 'approved', '--policy', 'strict.yml'],
      /measure --checkpoint new/,
    ],
    [
      'of another model',
      ['--checkpoint', 'llama', '--baseline', 'base', '--policy', 'own.yml'],
      /measure --checkpoint llama/,
    ],
    [
      'of an adapter with a time limit',
      ['--checkpoint', 'lora', '--baseline', 'base', ...PROBES, '--only', 'probes', '--budget', '0.01s'],
      /probes --checkpoint lora --reference base --policy own.yml --budget 10m/,
    ],
  ])('%s', async (_, args, expected) => {
    const { code, log } = await cli('check', ...args, '--out', 'report');
    expect([0, 1, 3], log).toContain(code);
    const comment = readFileSync(join(folder, 'report/comment.md'), 'utf8').replaceAll('&#45;', '-');
    const [onScreen, inComment] = [commandsIn(log), commandsIn(comment)];
    const commands = [...new Set([...onScreen, ...inComment])];
    expect(
      commands.some((command) => expected.test(command)) || expected.test(commands.join('')),
      commands.join('\n'),
    ).toBe(true);
    // A reader of the comment and one of the terminal are told the same.
    expect(new Set(inComment)).toEqual(new Set(onScreen));
    for (const command of commands.filter((one) => !isOpen(one))) {
      const run = await cli(...wordsOf(command));
      expect([0, 1, 3], `${command}\n${run.log}`).toContain(run.code);
      const [, out] = / --out (\S+\.json)/.exec(command) ?? [];
      if (out !== undefined) expect(existsSync(join(folder, out)), command).toBe(true);
    }
  });
});
