import { copyFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestCheckpoint, openCheckpoint } from '@shadow-gate/checkpoints';
import { listMatrices } from '@shadow-gate/checkpoints/matrices';
import { at, UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../packages/checkpoints/test/refusal.ts';
import {
  exportToOnnx,
  external,
  type GraphParts,
  initializer,
  modelBytes,
  node,
  onnx,
  writeOnnx,
} from '../../../packages/checkpoints/test/write-onnx.ts';
import { float32, type RawTensor, writeSafetensors } from '../../../packages/checkpoints/test/write-safetensors.ts';
import { fixture, temporaryFolder } from '../../fixtures.ts';
import { measurePath } from '../measure-path.ts';

const counting = (shape: readonly number[]): RawTensor =>
  float32(
    shape,
    Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) => i + 1),
  );
const zeros = (dtype: string, shape: readonly number[], bytes: number): RawTensor => ({
  dtype,
  shape,
  data: new Uint8Array(bytes),
});

async function sorted(parts: GraphParts) {
  const checkpoint = await openCheckpoint(writeOnnx(join(temporaryFolder(), 'model.onnx'), parts));
  if (checkpoint.format === 'lora') throw new Error('not an adapter');
  const { matrices, vectors, skipped } = listMatrices(checkpoint);
  return {
    matrices: matrices.map(({ name, place, view, inputFirst }) => ({
      name,
      module: place.module,
      shape: view.shape,
      inputFirst,
    })),
    vectors: vectors.map(({ name }) => name),
    skipped: Object.fromEntries(skipped.map(({ name, reason }) => [name, reason])),
  };
}

function refused(bytes: Uint8Array): Promise<string> {
  const path = join(temporaryFolder(), 'model.onnx');
  writeFileSync(path, bytes);
  return messageOf(path);
}

const weight = initializer('w', counting([2, 3]));
const small: GraphParts = { tensors: [weight], nodes: [node('MatMul', ['x', 'w'])] };

describe('a matrix of weights of an ONNX model', () => {
  it('is an input of MatMul, Gemm, Conv or Gather, with its orientation', async () => {
    const { matrices } = await sorted({
      tensors: [
        initializer('right', counting([2, 3])),
        initializer('left', counting([2, 3])),
        initializer('gemm', counting([2, 3])),
        initializer('linear', counting([2, 3])),
        initializer('conv', counting([4, 3, 2, 5])),
        initializer('up', counting([3, 4, 2])),
        initializer('tokens', counting([6, 2])),
      ],
      nodes: [
        node('MatMul', ['x', 'right']),
        node('MatMul', ['left', 'x']),
        node('Gemm', ['x', 'gemm', 'bias']),
        node('Gemm', ['x', 'linear'], { transB: 1 }),
        node('Conv', ['x', 'conv']),
        node('ConvTranspose', ['x', 'up']),
        node('Gather', ['tokens', 'ids']),
      ],
    });
    expect(matrices).toEqual([
      { name: 'conv', module: 'other', shape: [4, 30], inputFirst: false },
      { name: 'gemm', module: 'other', shape: [2, 3], inputFirst: true },
      { name: 'left', module: 'other', shape: [2, 3], inputFirst: false },
      { name: 'linear', module: 'other', shape: [2, 3], inputFirst: false },
      { name: 'right', module: 'other', shape: [2, 3], inputFirst: true },
      { name: 'tokens', module: 'embed', shape: [6, 2], inputFirst: false },
      { name: 'up', module: 'other', shape: [3, 8], inputFirst: true },
    ]);
  });

  it('is found behind casts and transpositions, and in the branches of an If', async () => {
    const branch = new onnx.NodeProto({
      opType: 'If',
      input: ['condition'],
      output: ['y'],
      attribute: [
        {
          name: 'then_branch',
          type: onnx.AttributeProto.AttributeType.GRAPH,
          g: { node: [node('MatMul', ['x', 'deep'])], initializer: [initializer('inner', counting([2, 2]))] },
        },
        {
          name: 'else_branch',
          type: onnx.AttributeProto.AttributeType.GRAPH,
          g: { node: [node('MatMul', ['x', 'inner'])] },
        },
      ],
    });
    const { matrices } = await sorted({
      tensors: [initializer('turned', counting([2, 3])), initializer('deep', counting([2, 3]))],
      nodes: [
        node('Cast', ['turned'], { output: 'wide', to: 1 }),
        node('Transpose', ['wide'], { output: 'ready', perm: [1, 0] }),
        node('MatMul', ['x', 'ready']),
        branch,
      ],
    });
    expect(matrices.map(({ name, inputFirst }) => [name, inputFirst])).toEqual([
      ['deep', true],
      ['inner', true],
      ['turned', false],
    ]);
  });

  it('can be a Constant that is multiplied by, but not a constant of a formula', async () => {
    const constant = (output: string, tensor: RawTensor) =>
      new onnx.NodeProto({
        opType: 'Constant',
        output: [output],
        attribute: [{ name: 'value', type: onnx.AttributeProto.AttributeType.TENSOR, t: initializer('', tensor) }],
      });
    const { matrices, vectors, skipped } = await sorted({
      tensors: [],
      nodes: [
        constant('/model/layers.0/mlp/up_proj/Constant_output_0', counting([2, 3])),
        constant('scale', counting([])),
        node('MatMul', ['x', '/model/layers.0/mlp/up_proj/Constant_output_0'], {
          name: '/model/layers.0/mlp/up_proj/MatMul',
        }),
        node('Mul', ['x', 'scale']),
      ],
    });
    expect(matrices).toEqual([
      { name: 'model.layers.0.mlp.up_proj.weight', module: 'up_proj', shape: [2, 3], inputFirst: true },
    ]);
    expect([vectors, skipped]).toEqual([[], {}]);
  });

  it('is not a mask, a table of positions, a scale or an integer tensor, and the reason is given', async () => {
    const { matrices, vectors, skipped } = await sorted({
      tensors: [
        weight,
        initializer('h.0.attn.bias', counting([1, 1, 2, 2])),
        initializer('cos_cache', counting([4, 2])),
        initializer('model.rotary_emb.inv_freq', counting([1, 2])),
        initializer('onnx::MatMul_7', counting([1, 2])),
        initializer('quantized', zeros('I8', [2, 2], 4)),
        initializer('axes', zeros('I64', [2], 16)),
        initializer('epsilon', counting([1])),
        initializer('norm', counting([3])),
        initializer('none', counting([0, 3])),
      ],
      nodes: [
        node('MatMul', ['x', 'w']),
        node('Where', ['h.0.attn.bias', 'x', 'y']),
        node('Gather', ['cos_cache', 'position']),
        node('MatMul', ['model.rotary_emb.inv_freq', 'position']),
        node('MatMul', ['onnx::MatMul_7', 'position'], { name: '/model/rotary_emb/MatMul' }),
        node('MatMul', ['x', 'quantized']),
      ],
    });
    expect(matrices.map(({ name }) => name)).toEqual(['w']);
    expect(vectors).toEqual(['norm']);
    const unused = 'not a weight: no MatMul, Gemm, Conv, Gather or recurrent layer takes it';
    expect(skipped).toEqual({
      axes: 'dtype I64 is not measured',
      cos_cache: unused,
      epsilon: 'a single number',
      'h.0.attn.bias': unused,
      'model.rotary_emb.inv_freq': unused,
      none: 'empty: shape [0, 3]',
      'onnx::MatMul_7': unused,
      quantized: 'dtype I8, which no trained weight has',
    });
  });

  it('is each matrix of a stack of experts', async () => {
    const { matrices } = await sorted({
      tensors: [initializer('experts', counting([2, 3, 4])), initializer('single', counting([1, 3, 4]))],
      nodes: [node('MoE', ['x', 'router', 'experts']), node('MatMul', ['x', 'single'])],
    });
    expect(matrices.map(({ name, shape, inputFirst }) => [name, shape, inputFirst])).toEqual([
      ['experts[0]', [3, 4], false],
      ['experts[1]', [3, 4], false],
      ['single', [3, 4], true],
    ]);
  });

  it('is not counted twice if a tied head stores the embeddings again', async () => {
    const folder = temporaryFolder();
    const path = writeOnnx(join(folder, 'model.onnx'), {
      tensors: [
        initializer('model.embed_tokens.weight', counting([4, 2])),
        initializer('onnx::MatMul_9', counting([2, 4])),
      ],
      nodes: [
        node('Gather', ['model.embed_tokens.weight', 'ids']),
        node('MatMul', ['x', 'onnx::MatMul_9'], { name: '/lm_head/MatMul' }),
      ],
    });
    writeFileSync(join(folder, 'config.json'), '{"model_type": "llama", "tie_word_embeddings": true}');
    const checkpoint = await openCheckpoint(path);
    if (checkpoint.format === 'lora') throw new Error('not an adapter');
    const { matrices, skipped } = listMatrices(checkpoint);
    expect(matrices.map(({ name }) => name)).toEqual(['model.embed_tokens.weight']);
    expect(skipped).toEqual([
      { name: 'lm_head.weight', reason: 'tied to the embeddings', dtype: 'F32', parameters: 0 },
    ]);
  });
});

describe('the name of an ONNX weight', () => {
  const nameOf = async (tensor: string, path: string, opType = 'MatMul') => {
    const tensors = [initializer(tensor, counting([2, 3]))];
    const { matrices } = await sorted({ tensors, nodes: [node(opType, ['x', tensor], { name: path })] });
    return [matrices[0]?.name, matrices[0]?.module];
  };

  it.each([
    ['onnx::MatMul_123', '/model/layers.0/self_attn/q_proj/MatMul', 'model.layers.0.self_attn.q_proj.weight', 'q_proj'],
    ['onnx::MatMul_1', '/transformer/h.0/attn/c_proj/MatMul_1', 'transformer.h.0.attn.c_proj.weight', 'o_proj'],
    ['val_7', '/lm_head/MatMul', 'lm_head.weight', 'lm_head'],
    ['onnx::MatMul_5', 'MatMul_5', 'onnx::MatMul_5', 'other'],
    ['onnx::MatMul_5', '', 'onnx::MatMul_5', 'other'],
    // Meaningful names stay, with or without an operator in them.
    ['model.layers.0.mlp.up_proj.weight', '/other/MatMul', 'model.layers.0.mlp.up_proj.weight', 'up_proj'],
    ['model.layers.0.attn.o_proj.MatMul.weight', '', 'model.layers.0.attn.o_proj.MatMul.weight', 'o_proj'],
  ])('%s of node %s becomes %s', async (tensor, path, name, module) => {
    expect(await nameOf(tensor, path)).toEqual([name, module]);
  });

  it('is the stored name if the module already has a tensor of that name', async () => {
    const { matrices } = await sorted({
      tensors: [initializer('lm_head.weight', counting([2, 3])), initializer('onnx::MatMul_1', counting([3, 2]))],
      nodes: [
        node('Gather', ['lm_head.weight', 'ids']),
        node('MatMul', ['x', 'onnx::MatMul_1'], { name: '/lm_head/MatMul' }),
      ],
    });
    expect(matrices.map(({ name }) => name)).toEqual(['lm_head.weight', 'onnx::MatMul_1']);
  });
});

describe('the elements of an ONNX tensor', () => {
  it('are read in place from packed float_data, and other encodings are refused', async () => {
    const numbers = [1, 2, 3, 4, 5, 6];
    const { FLOAT, FLOAT16 } = onnx.TensorProto.DataType;
    const packed = new onnx.TensorProto({ name: 'w', dataType: FLOAT, dims: [2, 3], floatData: numbers });
    const path = writeOnnx(join(temporaryFolder(), 'model.onnx'), { ...small, tensors: [packed] });
    const checkpoint = await openCheckpoint(path);
    const entry = checkpoint.tensors.get('w') ?? expect.fail('no tensor');
    const bytes = readFileSync(entry.file).subarray(entry.offset, entry.offset + entry.byteLength);
    expect([...new Float32Array(Uint8Array.from(bytes).buffer)]).toEqual(numbers);
    const half = new onnx.TensorProto({ name: 'w', dataType: FLOAT16, dims: [2, 3], int32Data: numbers });
    expect(await refused(modelBytes({ ...small, tensors: [half] }))).toMatch(/"w" is stored as single numbers/);
  });

  it('can be in a subfolder and behind a link, as in the Hugging Face cache', async () => {
    const folder = join(temporaryFolder(), 'models--org--model');
    const snapshot = join(folder, 'snapshots', 'main');
    mkdirSync(join(snapshot, 'data'), { recursive: true });
    mkdirSync(join(folder, 'blobs'));
    writeFileSync(join(folder, 'blobs', '0a'), Buffer.concat([Buffer.alloc(3), counting([2, 3]).data]));
    symlinkSync(join('..', '..', '..', 'blobs', '0a'), join(snapshot, 'data', 'w.bin'));
    const entries = { location: 'data/w.bin', offset: '3', length: '24' };
    const path = join(snapshot, 'model.onnx');
    writeOnnx(path, { ...small, tensors: [external('w', counting([2, 3]), entries)] });
    expect((await openCheckpoint(path)).tensors.get('w')).toMatchObject({ offset: 3, byteLength: 24 });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['a folder above', { location: '../w.bin' }, /outside of its folder: "\.\.\/w\.bin"/],
    ['a path out of the folder', { location: 'data/../../w.bin' }, /outside of its folder/],
    ['backslashes', { location: '..\\w.bin' }, /outside of its folder/],
    ['an absolute path', { location: '/etc/hostname' }, /outside of its folder/],
    ['a drive', { location: 'C:\\w.bin' }, /outside of its folder/],
    ['a NUL', { location: 'w.bin\0' }, /outside of its folder/],
    ['a folder that is a link', { location: 'link/w.bin' }, /leads to a file outside of its folder/],
    ['a file that is a link', { location: 'linked.bin' }, /leads to a file outside of its folder/],
    ['no location', { offset: '0' }, /"w": its external data has no location/],
    ['a file that is missing', { location: 'absent.bin' }, /absent\.bin is missing/],
    ['a folder', { location: 'folder' }, /not a regular file/],
    ['too few bytes', { location: 'w.bin', offset: '8' }, /"w": its data ends at byte 32 .* which has 24/],
    ['another length', { location: 'w.bin', length: '20' }, /"w": it needs 24 bytes, and its external data has 20/],
    ['a negative offset', { location: 'w.bin', offset: '-8' }, /offset of its external data is "-8"/],
    ['an offset beyond any file', { location: 'w.bin', offset: '9999999999999999' }, /offset of its external data/],
    ['an LFS pointer', { location: 'pointer.bin' }, /LFS pointer/],
  ])('are refused in external data with %s', async (_, entries, message) => {
    const [folder, outside] = [temporaryFolder(), temporaryFolder()];
    writeFileSync(join(folder, 'w.bin'), counting([2, 3]).data);
    writeFileSync(join(outside, 'w.bin'), counting([2, 3]).data);
    writeFileSync(join(folder, 'pointer.bin'), 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n');
    mkdirSync(join(folder, 'folder'));
    symlinkSync(outside, join(folder, 'link'));
    symlinkSync(join(outside, 'w.bin'), join(folder, 'linked.bin'));
    const path = join(folder, 'model.onnx');
    writeOnnx(path, { ...small, tensors: [external('w', counting([2, 3]), entries)] });
    expect(await messageOf(path)).toMatch(message);
  });

  it('can be the same bytes, and cannot share some of them', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'overlap.onnx');
    writeFileSync(join(folder, 'shared.bin'), Buffer.alloc(32));
    const two = (offset: number) => {
      const at = (start: number) => ({ location: 'shared.bin', offset: `${start}`, length: '24' });
      const tensors = [external('w', counting([2, 3]), at(0)), external('v', counting([3, 2]), at(offset))];
      writeOnnx(path, { ...small, tensors });
      return openCheckpoint(path);
    };
    expect([...(await two(0)).tensors.keys()]).toEqual(['v', 'w']);
    await expect(two(4)).rejects.toThrow(/overlap\.onnx: tensors "w" and "v" overlap — /);
    await expect(two(8)).rejects.toThrow(/tensors "w" and "v" overlap/);
  });
});

describe('an ONNX file', () => {
  const whole = modelBytes(small);

  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', Buffer.alloc(0), /is empty/],
    ['a text', Buffer.from('hello, this is no model at all'), /is not an ONNX model|truncated, or not an ONNX/],
    ['zeros', Buffer.alloc(64), /is not an ONNX model/],
    [
      'a data type that is not known',
      modelBytes({
        tensors: [weight, new onnx.TensorProto({ name: 'new', dataType: 99, dims: [1], rawData: new Uint8Array(1) })],
        nodes: small.nodes,
      }),
      /tensor "new": data type 99 is not known/,
    ],
    ['a pickle', Buffer.from([0x80, 0x02, 0x8a, 0x0a, 0x6c]), /is a PyTorch pickle/],
    ['safetensors', readFileSync(fixture('llama-f32', 'model.safetensors')), /ONNX model/],
    [
      'an LFS pointer',
      Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n'),
      /LFS pointer.*git lfs pull/,
    ],
    ['another protobuf', Buffer.from([0x08, 0x01]), /it has no graph/],
    ['a model without tensors', modelBytes({ tensors: [], nodes: [] }), /contains no tensors/],
    [
      'a quantized model',
      modelBytes({ tensors: [initializer('w', zeros('I8', [2, 2], 4))], nodes: [node('MatMul', ['x', 'w'])] }),
      /no floating-point matrix of weights; its tensors are I8/,
    ],
    ['two tensors of one name', modelBytes({ tensors: [weight, weight], nodes: [] }), /has two tensors "w"/],
    [
      'a shape that its bytes do not fill',
      modelBytes({ ...small, tensors: [initializer('w', { ...counting([2, 3]), shape: [2, 4] })] }),
      /"w": shape \[2, 4\] of F32 needs 32 bytes, and the file has 24/,
    ],
    [
      'a shape of exabytes',
      modelBytes({ ...small, tensors: [initializer('w', { ...counting([2, 3]), shape: [2 ** 40, 2 ** 40] })] }),
      /"w": its shape \[\d+, \d+\] overflows/,
    ],
    [
      'a negative dimension',
      modelBytes({ ...small, tensors: [initializer('w', { ...counting([2, 3]), shape: [-2, 3] })] }),
      /negative or overflows/,
    ],
  ])('is refused if it is %s', async (_, bytes, message) => {
    expect(await refused(bytes)).toMatch(message);
  });

  it('is refused if it was truncated at any byte', async () => {
    for (let length = 1; length < whole.length; length += 1) {
      expect(await refused(whole.subarray(0, length)), `${length} bytes`).toMatch(/truncated|ONNX model|no tensors/);
    }
  });

  it('is read or refused, but never crashes the reader, if any byte was changed', async () => {
    const path = join(temporaryFolder(), 'model.onnx');
    for (const [index, original] of whole.entries()) {
      // One value for each byte, in turns: `npm run fuzz -- --reader onnx` tries them all.
      const value = at([0x00, 0x01, 0x7f, 0x80, 0xff, original ^ 0x08], index % 6);
      const bytes = Uint8Array.from(whole);
      bytes[index] = value;
      writeFileSync(path, bytes);
      const error = await openCheckpoint(path).then(
        () => null,
        (reason: unknown) => reason,
      );
      if (error !== null) expect(error, `byte ${index} is ${value}`).toBeInstanceOf(UserError);
    }
  });

  it('is refused if a length exceeds the file, without reading that much', async () => {
    // Field 7 (the graph) of 2^62 bytes.
    const bytes = Buffer.from([0x08, 10, 0x3a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40]);
    expect(await refused(bytes)).toMatch(
      /truncated, or not an ONNX model: a field at byte \d+ has 4611686018427387904/,
    );
  });

  it('is refused if its graphs are nested too deeply', async () => {
    const { AttributeType } = onnx.AttributeProto;
    let graph: InstanceType<typeof onnx.GraphProto> = new onnx.GraphProto({ name: 'end' });
    for (let depth = 0; depth < 30; depth += 1) {
      const attribute = [{ name: 'body', type: AttributeType.GRAPH, g: graph }];
      graph = new onnx.GraphProto({ node: [{ opType: 'Loop', attribute }] });
    }
    expect(
      await refused(onnx.ModelProto.encode({ irVersion: 10, graph, opsetImport: [{ version: 21 }] }).finish()),
    ).toMatch(/nested deeper/);
  });
});

describe('a folder', () => {
  it('is opened as ONNX if it has one ONNX model and no safetensors', async () => {
    const folder = temporaryFolder();
    writeOnnx(join(folder, 'model.onnx'), small);
    expect(await openCheckpoint(folder)).toMatchObject({ format: 'onnx', config: null });
  });

  it('is not opened as ONNX if it has several models, or safetensors too', async () => {
    const folder = temporaryFolder();
    writeOnnx(join(folder, 'encoder.onnx'), small);
    writeOnnx(join(folder, 'decoder.onnx'), small);
    expect(await messageOf(folder)).toMatch(
      /has 2 ONNX models: decoder\.onnx, encoder\.onnx — give the path of one of them/,
    );
    const both = temporaryFolder();
    writeOnnx(join(both, 'model.onnx'), small);
    writeSafetensors(join(both, 'model.safetensors'), { w: counting([2, 3]) });
    writeFileSync(join(both, 'config.json'), '{}');
    expect(await messageOf(both)).toMatch(/has two models, model\.safetensors and model\.onnx — move model\.onnx to/);
    mkdirSync(join(both, 'onnx'));
    renameSync(join(both, 'model.onnx'), join(both, 'onnx', 'model.onnx'));
    expect(await openCheckpoint(both)).toMatchObject({ format: 'safetensors' });
    expect(await openCheckpoint(join(both, 'onnx'))).toMatchObject({ format: 'onnx' });
  });
});

describe('the identity of an ONNX model', () => {
  const digestOf = async (parts: GraphParts) =>
    digestCheckpoint(await openCheckpoint(writeOnnx(join(temporaryFolder(), 'model.onnx'), parts)));

  it('does not depend on the file that the elements are in', async () => {
    const [inline, outside] = [temporaryFolder(), temporaryFolder()];
    exportToOnnx(fixture('llama-bf16', 'model.safetensors'), join(inline, 'a.onnx'));
    exportToOnnx(fixture('llama-bf16', 'model.safetensors'), join(outside, 'b.onnx'), 'data');
    const [a, b] = await Promise.all(
      [inline, outside].map(async (path) => digestCheckpoint(await openCheckpoint(path))),
    );
    expect(a).toBe(b);
  });

  it('changes with an element, a name, a shape, and the use of a weight in the graph', async () => {
    const digests = await Promise.all([
      digestOf(small),
      digestOf({ ...small, tensors: [initializer('w', float32([2, 3], [1, 2, 3, 4, 5, 7]))] }),
      digestOf({ tensors: [initializer('v', counting([2, 3]))], nodes: [node('MatMul', ['x', 'v'])] }),
      digestOf({ ...small, tensors: [initializer('w', counting([3, 2]))] }),
      digestOf({ ...small, nodes: [node('Gemm', ['x', 'w'], { transB: 1 })] }),
    ]);
    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe('a measurement of an ONNX model', () => {
  it('has spectra and the reason why no probes ran; probes alone are an error', async () => {
    const folder = temporaryFolder();
    exportToOnnx(fixture('llama-f32', 'model.safetensors'), join(folder, 'model.onnx'));
    copyFileSync(fixture('llama-f32', 'config.json'), join(folder, 'config.json'));
    const probes = {
      suites: [
        {
          name: 's',
          version: '1',
          digest: 'd',
          seed: null,
          warnings: [],
          items: [{ id: 'x' }],
        },
      ],
      seed: 1,
      chatTemplate: false,
      budgetSeconds: null,
    } as unknown as NonNullable<Parameters<typeof measurePath>[0]['probes']>;
    const measurement = await measurePath({ checkpoint: folder, device: 'cpu', probes });
    expect(measurement.checkpoint.format).toBe('onnx');
    expect(measurement.probes).toEqual({
      status: 'notRun',
      reason: expect.stringMatching(/is an ONNX model, which can only be measured with spectra/),
      cause: 'unsupported-model',
    });
    await expect(measurePath({ checkpoint: folder, device: 'cpu', probes, spectra: false })).rejects.toThrow(UserError);
  });
});
