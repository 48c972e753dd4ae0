import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../packages/checkpoints/test/refusal.ts';
import { temporaryFolder } from '../../fixtures.ts';
import { runCli } from '../run-cli.ts';

const rest = Buffer.alloc(600, 0x41);
const begins = (...bytes: Array<string | number>): Buffer =>
  Buffer.concat([
    ...bytes.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from([part]))),
    rest,
  ]);

/** A zip archive begins with the header of its first entry. */
function zip(first: string): Buffer {
  const header = Buffer.alloc(30);
  header.write('PK\x03\x04', 'latin1');
  header.writeUInt16LE(first.length, 26);
  return Buffer.concat([header, Buffer.from(first), rest]);
}

function tar(): Buffer {
  const bytes = Buffer.alloc(1024);
  bytes.write('model_weights.ckpt');
  bytes.write('ustar', 257);
  return bytes;
}

/** What `legacy_export` of llama2.c writes: dim 8, hidden 16, 2 layers, 2 heads, 1 kv head, 10 tokens, 12 positions. */
function llama2c(vocabulary = 10): Buffer {
  const [dim, hidden, layers, heads, kvHeads, length] = [8, 16, 2, 2, 1, 12];
  const headSize = dim / heads;
  const layer = 2 * dim + 2 * dim * dim + 2 * dim * kvHeads * headSize + 3 * dim * hidden;
  const head = vocabulary < 0 ? dim * -vocabulary : 0;
  const floats = Math.abs(vocabulary) * dim + layers * layer + dim + length * headSize + head;
  const header = Int32Array.from([dim, hidden, layers, heads, kvHeads, vocabulary, length]);
  return Buffer.concat([Buffer.from(header.buffer), Buffer.alloc(4 * floats)]);
}

/** Read, if nothing is wrong with them, by a path or under the usual name: see pytorch.shared.test.ts. */
const PICKLE = /is a PyTorch pickle|is not a whole zip archive|give the path of the file|has no config\.json/;

const FILES: ReadonlyArray<readonly [name: string, bytes: Buffer, pattern: RegExp]> = [
  ['pickle.bin', begins(0x80, 2, '}q'), PICKLE],
  ['pytorch_model.bin', zip('archive/data.pkl'), PICKLE],
  ['script.pt', zip('linear/data/0'), PICKLE],
  ['ancient.pt', begins('(dp0'), PICKLE],
  ['weights.npz', zip('model.embed_tokens.weight.npy'), /is a NumPy archive/],
  ['weights.npy', begins(0x93, 'NUMPY', 1, 0), /is a NumPy array/],
  ['model.keras', zip('metadata.json'), /is a Keras archive.*can run code/],
  ['model.zip', zip('README.md'), /is a zip archive/],
  ['model.nemo', tar(), /is a tar archive, as NeMo/],
  ['model.tar.gz', begins(0x1f, 0x8b, 8), /is a compressed archive/],
  ['tf_model.h5', begins(0x89, 'HDF\r\n', 0x1a, 0x0a), /is an HDF5 file, as Keras writes/],
  ['flax_model.msgpack', begins(0x81, 0xab, 'transformer'), /is a Flax file/],
  // 123 tensors: the byte in which a header of safetensors has its {.
  ['ggml-model.bin', begins('lmgg'), /is a GGML file/],
  ['stories.bin', llama2c(), /is a llama2\.c file/],
  ['own-head.bin', llama2c(-10), /is a llama2\.c file/],
  ['version1.bin', begins('24ka', 1, 0, 0, 0), /is a llama2\.c file/],
  ['model.tflite', begins(0x1c, 0, 0, 0, 'TFL3'), /is a TensorFlow Lite model/],
  ['model.ort', begins(0x1c, 0, 0, 0, 'ORTM'), /is an ONNX Runtime model/],
  ['saved_model.pb', begins(8, 1), /is a TensorFlow model/],
  ['model.ckpt.index', begins(0), /is a TensorFlow model/],
  ['openvino_model.xml', begins('<?xml version="1.0"?>\n<net name="m" version="11">'), /is an OpenVINO model/],
  ['model.mlmodel', begins(8, 4), /is a Core ML model/],
  ['model.engine', begins('ftrt'), /is a TensorRT engine/],
];

function write(name: string, bytes: Buffer): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

describe('a file in another format is called what it is', () => {
  it.each(FILES)('%s', async (name, bytes, pattern) => {
    const path = write(name, bytes);
    const { code, stdout, stderr } = await runCli('spectra', '--checkpoint', path, '--json');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(pattern);
    expect(stderr).toContain(path);
  });

  it.each(FILES)('%s, alone in a folder', async (name, bytes, pattern) => {
    const path = write(name, bytes);
    expect(await messageOf(join(path, '..'))).toMatch(pattern);
  });

  it.each(FILES.filter(([name]) => !/^(ancient|saved|model\.(ckpt|mlmodel))/.test(name)))(
    '%s, by its bytes under the name of another format',
    async (_, bytes, pattern) => {
      for (const name of ['model.safetensors', 'model.onnx', 'model']) {
        expect(await messageOf(write(name, bytes)), name).toMatch(pattern);
      }
    },
  );

  it('unless it is only nearly that: sizes of llama2.c that do not agree with its file', async () => {
    const bytes = llama2c();
    expect(await messageOf(write('model.bin', bytes.subarray(0, bytes.length - 4)))).toMatch(
      /not a complete safetensors/,
    );
  });
});

describe('the lines that convert', () => {
  it('a pickle are below the message, with the weights that are inside "model"', async () => {
    const { stderr } = await runCli('spectra', '--checkpoint', write('pytorch_model.bin', begins(0x80, 2)));
    const [message, ...lines] = stderr.trimEnd().split('\n');
    expect(message).toMatch(/convert it where you trust it, with the four lines of Python below/);
    expect(lines).toEqual([
      '    import torch; from safetensors.torch import save_file',
      "    state = torch.load('pytorch_model.bin', map_location='cpu', weights_only=True)",
      "    state = state['model'] if 'model' in state else state  # or ['state_dict'], where the weights are",
      "    save_file({k: v.clone().contiguous() for k, v in state.items() if torch.is_tensor(v)}, 'model.safetensors')",
    ]);
  });

  it('cannot be written by the name of a file', async () => {
    const path = write("a'); import os; os.system('x.pt", begins(0x80, 2));
    const { stderr } = await runCli('spectra', '--checkpoint', path);
    const [, ...lines] = stderr.split('\n');
    expect(lines.join('\n')).toContain("torch.load('checkpoint.pt'");
    expect(lines.join('\n')).not.toContain('os.system');
  });
});

describe('a folder with a checkpoint of another kind is called what it is', () => {
  const folderWith = (...names: string[]) => {
    const folder = temporaryFolder();
    for (const name of names) {
      if (name.endsWith('/')) mkdirSync(join(folder, name));
      else writeFileSync(join(folder, name), 'x');
    }
    return folder;
  };

  it.each<[string[], RegExp]>([
    [['zero_to_fp32.py', 'latest', 'config.json'], /is a DeepSpeed ZeRO checkpoint.*--safe_serialization/],
    [['latest', 'global_step200/'], /is a DeepSpeed ZeRO checkpoint.*zero_to_fp32\.py/],
    [['zero_pp_rank_0_mp_rank_00_optim_states.pt'], /is a DeepSpeed ZeRO checkpoint/],
    [['mp_rank_00_model_states.pt'], /is a DeepSpeed ZeRO checkpoint/],
    [['pytorch_model_fsdp_0/'], /is a part of a distributed checkpoint of PyTorch.*copy \.metadata/],
    [['__0_0.distcp'], /is a part of a distributed checkpoint of PyTorch/],
    [['__0_0.distcp', '.metadata'], /\.metadata is a PyTorch pickle that is not read/],
    [['latest_checkpointed_iteration.txt'], /is a Megatron checkpoint.*AutoBridge/],
    [['iter_0000100/'], /is a Megatron checkpoint/],
    [['mp_rank_00/', 'mp_rank_01/'], /is a Megatron checkpoint/],
    [['__0_0.distcp', '.metadata', 'common.pt', 'metadata.json'], /is a Megatron checkpoint.*Megatron Bridge/],
    [['manifest.ocdbt'], /is an Orbax checkpoint/],
    [['model_index.json', 'unet/'], /is a pipeline of Diffusers.*give the folder of one of them/],
    [['model.mlpackage/'], /is a Core ML package/],
    // The state of the training run comes first by name.
    [['optimizer.pt', 'weights.pt'], /give the path of the file: .*weights\.pt/],
    [['optimizer.pt', 'config.json'], /contains no checkpoint/],
  ])('%j', async (names, pattern) => {
    const folder = folderWith(...names);
    const message = await messageOf(folder);
    expect(message).toMatch(pattern);
    expect(message).toContain(basename(folder));
  });
});
