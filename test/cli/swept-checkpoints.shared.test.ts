import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sweptCheckpoints } from '../../src/cli/swept-checkpoints.ts';
import { temporaryFolder } from '../fixtures.ts';

/** A folder with empty files. */
function folderOf(...files: readonly string[]): string {
  const root = temporaryFolder();
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), '');
  }
  return root;
}

const found = async (root: string, ...given: readonly string[]) =>
  (await sweptCheckpoints(given.map((path) => join(root, path)))).map(({ path, step }) => [
    path.slice(root.length + 1),
    step,
  ]);

describe('the checkpoints of a sweep', () => {
  it('are those that a trainer wrote into a folder, by their steps and not by their names', async () => {
    const root = folderOf(
      ...['checkpoint-1000', 'checkpoint-500', 'checkpoint-2000'].map((name) => `out/${name}/model.safetensors`),
      'out/runs/events.out',
      'out/training_args.bin',
      // Being written under a name that says so.
      'out/tmp-checkpoint-2500/model.safetensors',
    );
    // Nothing is in it yet: it is one of them all the same, and not left out in silence.
    mkdirSync(join(root, 'out', 'checkpoint-3000'));
    expect(await found(root, 'out/')).toEqual([
      ['out/checkpoint-500', 500],
      ['out/checkpoint-1000', 1000],
      ['out/checkpoint-2000', 2000],
      ['out/checkpoint-3000', 3000],
    ]);
  });

  it('are the ones that a quoted glob matches, folders and files of weights', async () => {
    const root = folderOf(
      'a/step-00010/model.safetensors',
      'b/step-00002/model.safetensors',
      'b/notes.txt',
      'q/model-step3.gguf',
      'q/model-step3.json',
    );
    expect(await found(root, '*/step-*', 'q/*step3*')).toEqual([
      ['b/step-00002', 2],
      ['q/model-step3.gguf', 3],
      ['a/step-00010', 10],
    ]);
    await expect(found(root, 'c/*')).rejects.toThrow(/no checkpoint matches .*c\/\* — check the pattern/);
  });

  it('stay in the order given where a name has no step, and a path counts once', async () => {
    const root = folderOf('final/model.safetensors', 'checkpoint-500/model.safetensors');
    expect(await found(root, 'final', 'checkpoint-500', 'final')).toEqual([
      ['final', null],
      ['checkpoint-500', null],
    ]);
  });

  it('can be one that does not exist, which is judged and not dropped', async () => {
    expect(await found(temporaryFolder(), 'missing')).toEqual([['missing', null]]);
  });

  it('are the one that a folder is itself, and a line says so where others are in it', async () => {
    const root = folderOf('out/model.safetensors', 'out/checkpoint-5/model.safetensors');
    const lines: string[] = [];
    const path = join(root, 'out');
    expect(await sweptCheckpoints([path], (line) => lines.push(line))).toEqual([{ path, name: 'out', step: null }]);
    expect(lines).toEqual([expect.stringMatching(/out is a checkpoint itself; .*'.*out\/\*'/)]);
  });

  it('can be revisions on a hub, with the steps that they name', async () => {
    const swept = await sweptCheckpoints(['hf://org/model@step2000-tokens4B', 'hf://org/model@step1000-tokens2B']);
    expect(swept).toEqual([
      { path: 'hf://org/model@step1000-tokens2B', name: 'org-model@step1000-tokens2B', step: 1000 },
      { path: 'hf://org/model@step2000-tokens4B', name: 'org-model@step2000-tokens4B', step: 2000 },
    ]);
  });

  it('have folders of their own, whatever their paths, none of which leads out', async () => {
    const root = folderOf('a/checkpoint-5/x', 'b/checkpoint-5/x', 'c d/x', 'c:d/x');
    const names = (
      await sweptCheckpoints(
        ['a/checkpoint-5', 'b/checkpoint-5', 'c d', 'c:d', 'x/..'].map((path) => `${root}/${path}`),
      )
    ).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^\w[\w.@=+-]*$/);
  });
});
