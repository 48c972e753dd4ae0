import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixture, temporaryFolder } from '../../../../test/fixtures.ts';
import { useFakeHub } from '../../../checkpoints/test/hub/use-fake-hub.ts';
import { readTaskSuite } from '../../src/tasks/read-task-suite.ts';

const TASK = `task: words
dataset_path: org/words
test_split: test
fewshot_split: dev
fewshot_config: {sampler: first_n}
num_fewshot: 1
output_type: multiple_choice
doc_to_text: "{{question}} {{floats}} {{nested.text}}"
doc_to_choice: ["no", "yes"]
doc_to_target: small
`;

const hub = await useFakeHub();

function read(text: string) {
  const path = join(temporaryFolder(), 'task.yaml');
  writeFileSync(path, text);
  return readTaskSuite(path, path, { seed: 1 });
}

describe('a task whose documents are on a hub', () => {
  it('is asked of its splits at one commit, which a note names', async () => {
    const parquet = readFileSync(fixture('lm-eval-tasks', 'documents.parquet'));
    const sha = hub.commit('datasets/org/words', {
      'data/test-00000-of-00001.parquet': parquet,
      'data/dev-00000-of-00001.parquet': parquet,
    });
    const { items, source, warnings } = await read(TASK);
    const [first] = items;
    expect(first?.prompt).toBe("a [1.0, 2.5] ['t'] yes\n\na [1.0, 2.5] ['t']");
    expect(items.filter(({ form }) => form === 'benchmark')).toHaveLength(2);
    expect(source).toBe(`hf://datasets/org/words@${sha}/default/test`);
    expect(warnings[0]).toContain(`its data set can change: this run has read ${source}`);
    const pinned = await read(`${TASK}dataset_kwargs: {revision: ${sha}}\n`);
    expect(pinned.items).toEqual(items);
    expect(pinned.warnings.some((warning) => warning.includes('can change'))).toBe(false);
  });

  it('is refused where the hub has no such split', async () => {
    await expect(read(TASK.replace('test_split: test', 'test_split: validation'))).rejects.toThrow(
      'hf://datasets/org/words/default/validation: no parquet files',
    );
  });
});
