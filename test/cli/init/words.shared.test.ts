import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { pathFilter, workflowWord, yamlWord } from '../../../src/cli/init/yaml-words.ts';
import { programWords, quoteShellWord, shellPath } from '../../../src/cli/shell-words.ts';

/** Names that a folder can have, and what a shell, a YAML reader, a runner or a terminal would make of them. */
const HOSTILE = [
  'two words',
  "it's",
  '$(touch owned)',
  '`touch owned`',
  'a; rm -rf x',
  '-rf',
  '--yes',
  '#comment',
  'key: value',
  '"quoted"',
  '*alias',
  '&anchor',
  '!tag',
  'true',
  '12',
  'null',
  `\${{ secrets.TOKEN }}`,
  'a\nb: c',
  'x\u001b[31mred',
  'right\u202eleft',
  'face 😀\u200b',
  '##[error]x',
  '{a, b}',
  '[a]',
  '- item',
  '',
];

describe('a hostile name', () => {
  it.each(HOSTILE.filter((name) => name !== ''))('is one word of a shell, and visible: %j', (name) => {
    const word = quoteShellWord(name);
    expect(word).toMatch(/^[\x20-\x7e]+$/);
    expect(word).not.toContain('##[');
    const printed = execFileSync('bash', ['-c', `printf '%s.' ${word}`], { encoding: 'utf8' });
    expect(printed).toBe(`${name}.`);
  });

  it('is no option', () => {
    expect(shellPath('-rf')).toBe('./-rf');
    expect(spawnSync('bash', ['-c', `test ${shellPath('-e')} = ./-e`]).status).toBe(0);
  });

  it.each(HOSTILE)('is one text of YAML, in one line: %j', (name) => {
    expect(yamlWord(name)).not.toMatch(/[\n\p{C}]/u);
    expect(parse(`a: ${yamlWord(name)}\nb: 1`)).toEqual({ a: name, b: 1 });
    expect(parse(`- ${yamlWord(name)}`)).toEqual([name]);
  });

  it('is no expression of a workflow', () => {
    // What a runner evaluates is the text itself.
    expect(parse(workflowWord(`a/\${{ secrets.TOKEN }}`))).toBe(`a/\${{ '\${{' }} secrets.TOKEN }}`);
    expect(workflowWord('models/base')).toBe('models/base');
  });

  it('makes a filter of paths wider, never another one', () => {
    expect(pathFilter('models/candidate')).toBe('models/candidate/**');
    expect(pathFilter('models/model.onnx')).toBe('models/model.onnx');
    expect(pathFilter('models/model-Q8_0.gguf')).toBe('models/model-Q8_0.gguf');
    expect(pathFilter('models/[x]/y')).toBe('models/**');
    expect(pathFilter('models/a*')).toBe('models/**');
    expect(pathFilter('!x')).toBeNull();
    expect(pathFilter('.')).toBeNull();
  });
});

describe('the program', () => {
  it('is named as it was started', () => {
    expect(programWords(['node', '/opt/my gate/dist/cli.js'])).toBe("node '/opt/my gate/dist/cli.js'");
    expect(programWords(['node', '/usr/bin/shadow-gate'])).toBe('shadow-gate');
    expect(programWords(['node', '/home/me/.npm/_npx/1f/node_modules/.bin/shadow-gate'])).toBe('npx shadow-gate');
  });
});
