import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '@shadow-gate/checkpoints';
import { describe, expect, it } from 'vitest';
import { writeCalibration } from '../../src/compare/calibration/file.ts';
import { calibrate } from '../../src/gate/calibrate.ts';
import { selectProbes } from '../../src/gate/select-probes.ts';
import { writeMeasurement } from '../../src/measure/schema/write.ts';
import { findPolicy } from '../../src/policy/load.ts';
import { fixture, repository, temporaryFolder } from '../fixtures.ts';
import { countOpens } from './count-opens.ts';
import { runGate } from './run-gate.ts';

/** The small files of a model: each measurement that uses them opens them again. */
const usedBy = (measurements: number, ...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, 1 + measurements]));

const TOKENIZER = ['tokenizer.json', 'tokenizer_config.json'] as const;

/** One for the header, and one for each tensor, to hash it. */
const opensOfWeights = async (path: string) => 1 + (await openCheckpoint(path)).tensors.size;

const inFolder = (folder: string, files: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(files).map(([name, count]) => [join(folder, name), count]));

/** A folder of models, without what fixtures have for other tests. */
function copies(models: Readonly<Record<string, readonly string[]>>) {
  const root = temporaryFolder();
  for (const [name, folders] of Object.entries(models)) {
    for (const folder of folders) {
      cpSync(folder, join(root, name), { recursive: true, filter: (file) => !/\/expected\.[a-z]+$/.test(file) });
    }
  }
  return { root, path: (name: string) => join(root, name) };
}

/**
 * A check opens each file once, and hands on what it has read. On purpose, all of a model but its weights is opened
 * once more when it has been measured (`expectSameFiles` in measure.ts), and has to be the same. The state of weights
 * is only looked at then (`whileUnchanged`). onnxruntime maps them, which is not counted here.
 */
describe('a check opens each file once:', () => {
  it('those of candidate, baseline, reference, policy and probes', async () => {
    const { root, path } = copies({ '.': [repository('examples')] });
    const options = { reference: path('base'), baseline: path('coverage-expanding'), policy: path('shadow-gate.yml') };
    const opens = await countOpens(root, () => runGate({ ...options, checkpoint: path('benchmark-aligned') }));
    const weights = { 'model.safetensors': await opensOfWeights(path('base')) };
    expect(opens).toEqual({
      ...inFolder('base', { ...weights, ...usedBy(2, 'config.json') }),
      ...inFolder('benchmark-aligned', { ...weights, ...usedBy(1, 'config.json', ...TOKENIZER) }),
      ...inFolder('coverage-expanding', { ...weights, ...usedBy(1, 'config.json', ...TOKENIZER) }),
      'probes.jsonl': 1,
      'shadow-gate.yml': 1,
    });
  }, 60_000);

  it('those of a baseline that is the reference too, and of an adapter', async () => {
    const { root, path } = copies({
      base: [fixture('language-models', 'llama'), fixture('beside-tokenizer', 'byte-level')],
      adapter: [fixture('language-models', 'lora')],
    });
    const options = { reference: path('base'), baseline: path('base'), only: 'spectra' } as const;
    const opens = await countOpens(root, () => runGate({ ...options, checkpoint: path('adapter') }));
    expect(opens).toEqual({
      ...inFolder('adapter', usedBy(1, 'adapter_config.json')),
      'adapter/adapter_model.safetensors': await opensOfWeights(path('adapter')),
      'base/model.safetensors': await opensOfWeights(path('base')),
      ...inFolder('base', usedBy(2, 'config.json', ...TOKENIZER, 'added_tokens.json', 'merges.txt', 'vocab.json')),
    });
  }, 60_000);

  it('those of an adapter that was merged, of a measurement and of a calibration', async () => {
    const { root, path } = copies({
      base: [fixture('llama-f32')],
      merged: [fixture('llama-tuned'), fixture('beside-tokenizer', 'tiktoken')],
      adapter: [fixture('lora')],
    });
    const model = { checkpoint: path('merged'), reference: path('base'), adapter: path('adapter') };
    const { measurement } = await runGate({ ...model, only: 'spectra' });
    await writeMeasurement(path('baseline.json'), measurement);
    const known = { checkpoints: [path('baseline.json')], reference: undefined, kind: 'runs' } as const;
    await writeCalibration(path('calibration.json'), await calibrate(known));
    const judge = { baseline: path('baseline.json'), calibration: path('calibration.json'), only: 'spectra' } as const;
    const opens = await countOpens(root, () => runGate({ ...model, ...judge }));
    const opened = async (name: string) => ({
      ...usedBy(1, 'config.json'),
      'model.safetensors': await opensOfWeights(path(name)),
    });
    expect(opens).toEqual({
      ...inFolder('adapter', usedBy(1, 'adapter_config.json')),
      'adapter/adapter_model.safetensors': await opensOfWeights(path('adapter')),
      ...inFolder('base', await opened('base')),
      ...inFolder('merged', { ...(await opened('merged')), ...usedBy(1, ...TOKENIZER, 'tokenizer.model') }),
      'baseline.json': 1,
      'calibration.json': 1,
    });
  }, 60_000);

  it('a GGUF file, of which the tokenizer is a part', async () => {
    const { root, path } = copies({ '.': [fixture('gguf', 'models')] });
    const opens = await countOpens(root, () => runGate({ checkpoint: path('llama.gguf'), only: 'spectra' }));
    const { tensors } = await openCheckpoint(path('llama.gguf'));
    // Its first bytes say what it is, and then its header is read: both again afterwards. One tensor is a part of the
    // config.
    expect(opens).toEqual({ 'llama.gguf': 2 * 2 + tensors.size + 1 });
  }, 60_000);

  it('files of probes: questions, templates, and a task with what it includes and its documents', async () => {
    const { root, path } = copies({});
    const files = {
      'policy.yml': 'probes: [{ file: questions.csv }, { file: templates.yaml }, { file: task.yaml }]\n',
      'questions.csv': 'question,choices,answer\nWhich is one?,"[""a"",""b""]",0\n',
      'templates.yaml':
        'templates: [{ id: t, question: "{a} and {b}?", values: { a: 1..9, b: 1..9 }, answer: a + b }]\n',
      'task.yaml': 'include: common.yaml\ntask: sums\ndataset_kwargs: { data_files: { test: data.jsonl } }\n',
      'common.yaml':
        'dataset_path: json\ntest_split: test\noutput_type: generate_until\ndoc_to_text: "{{question}}"\ndoc_to_target: "{{answer}}"\n',
      'data.jsonl': '{"question": "What is 1 + 2?", "answer": "3"}\n',
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(path(name), text);
    const select = async () => selectProbes(await findPolicy(path('policy.yml')), { seed: 1 });
    expect(await countOpens(root, select)).toEqual(
      Object.fromEntries(
        Object.keys(files)
          .sort()
          .map((name) => [name, 1]),
      ),
    );
  });
});
