import {
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { digestCheckpoint, openCheckpoint, openReference, TensorDigests } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { Random } from '@shadow-gate/probes/random';
import { type Zippable, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../../packages/checkpoints/test/refusal.ts';
import {
  latin1,
  stateDict,
  storageId,
  tensor,
  torchFile,
} from '../../../packages/checkpoints/test/write-torch-file.ts';
import { difference, readCases, TOLERANCE, withEngine } from '../../../packages/language-model/test/runtime/engines.ts';
import { fixture, temporaryFolder } from '../../fixtures.ts';
import { runInput } from '../../fuzz/fuzzer.ts';
import { pickle as pickleFuzzer } from '../../fuzz/readers/pytorch.ts';
import { runCli } from '../run-cli.ts';

const pytorch = (...names: string[]) => fixture('pytorch', ...names);

/** Name, dtype, shape and SHA-256 of the elements of every tensor. */
async function contentsOf({ tensors }: Pick<FullCheckpoint, 'tensors'>): Promise<Record<string, string>> {
  const digests = new TensorDigests();
  const found: Record<string, string> = {};
  for (const entry of tensors.values()) {
    found[entry.name] = `${entry.dtype} [${entry.shape.join(', ')}] ${await digests.of(entry)}`;
  }
  return found;
}

describe('a file of torch.save', () => {
  it.each(['odd.pt', 'odd-legacy.pt', 'odd-protocol4.pt'])(
    '%s has what torch.load makes of it, bit for bit',
    async (name) => {
      const expected = await contentsOf(await openReference(pytorch('odd.safetensors')));
      const checkpoint = await openReference(pytorch(name));
      expect(checkpoint.format).toBe('pytorch');
      const found = await contentsOf(checkpoint);
      // What is tied has its first name alone, as in safetensors.
      const lacking = Object.keys(expected).filter((key) => !(key in found));
      expect(lacking).toEqual(name === 'odd-legacy.pt' ? ['e4m3', 'e5m2', 'tied_again', 'word'] : ['tied_again']);
      expect(found).toEqual(Object.fromEntries(Object.entries(expected).filter(([key]) => !lacking.includes(key))));
    },
  );

  it.each(['llama', 'llama-shards'])('%s is the checkpoint that the same weights in safetensors are', async (name) => {
    const [found, same] = [
      await openReference(pytorch(name)),
      await openReference(fixture('language-models', 'llama')),
    ];
    expect(await digestCheckpoint(found)).toBe(await digestCheckpoint(same));
  });
});

describe('a checkpoint in pickles', () => {
  it.each(['llama', 'llama-shards'])('%s runs with the log-probabilities of transformers', async (name) => {
    await withEngine(pytorch(name), {}, async (engine) => {
      for (const { tokens, logits } of readCases(fixture('language-models', 'llama', 'expected.safetensors'))) {
        expect(difference(await engine.logits(tokens), logits)).toBeLessThanOrEqual(TOLERANCE);
      }
    });
  });

  it('has the spectra of the same tensors in safetensors, also of those that are turned around', async () => {
    const read = async (name: string) =>
      JSON.parse((await runCli('spectra', '--checkpoint', pytorch(name), '--json')).stdout);
    const [found, same] = [await read('odd-legacy.pt'), await read('odd-legacy.safetensors')];
    expect(found.tensors.length).toBeGreaterThan(10);
    expect(found.tensors).toEqual(same.tensors.filter((item: { name: string }) => item.name !== 'tied_again'));
  });

  it('is named as what it is, and not as a file next to the weights', async () => {
    const out = join(temporaryFolder(), 'out.json');
    await runCli('measure', '--checkpoint', pytorch('llama-shards'), '--only', 'spectra', '--out', out);
    const measured = JSON.parse(readFileSync(out, 'utf8'));
    expect(measured.checkpoint.format).toBe('pytorch');
    expect(measured.unread).toBeUndefined();
  });
});

describe('where the weights of a file are', () => {
  it('may be below "model", under the names of wrappers, next to an optimizer whose tensors are not read', async () => {
    const { tensors } = await openReference(pytorch('run.pt'));
    expect([...tensors.keys()]).toEqual(['0.bias', '0.weight', '1.bias', '1.weight']);
  });

  it.each([
    ['two', /has several sets of weights: "model", "state_dict"/],
    ['optimizer', /has no weights at its top or below "model", "state_dict", "module", "model_state_dict"/],
    ['tensor', /has a tensor, and no weights by their names/],
    ['list', /has a list, and no weights by their names/],
  ])('is said where they are not: %s', async (name, pattern) => {
    expect(await messageOf(pytorch('refused', `${name}.pt`))).toMatch(pattern);
  });

  it('is safetensors, if they lie beside', async () => {
    const folder = join(temporaryFolder(), 'model');
    cpSync(fixture('language-models', 'llama'), folder, { recursive: true });
    writeFileSync(join(folder, 'pytorch_model.bin'), 'not looked at');
    expect(await openReference(folder)).toMatchObject({ format: 'safetensors' });
  });

  it.each(['state_dict', 'model', 'module', 'model_state_dict'])(
    'is not below "%s" in a folder: transformers 5.24 starts from random numbers there, and says so in a log',
    async (key) => {
      const one = torchFile(wrapped(key), { 0: new Uint8Array(4) });
      const [folder, adapter, shards] = [pytorch('llama'), pytorch('lora'), pytorch('llama-shards')].map((from) => {
        const copy = join(temporaryFolder(), 'model');
        cpSync(from, copy, { recursive: true });
        return copy;
      });
      for (const [path, name] of [
        [folder, 'pytorch_model.bin'],
        [adapter, 'adapter_model.bin'],
        [shards, 'pytorch_model-00001-of-00002.bin'],
      ] as const) {
        writeFileSync(join(path ?? '', name), one);
        expect(await messageOf(path ?? '')).toContain(
          `${name} has its weights below "${key}", where loaders do not look: transformers would run random numbers`,
        );
        const alone = join(temporaryFolder(), name.replace('adapter_', ''));
        writeFileSync(alone, one);
        expect([...(await openReference(alone)).tensors.keys()]).toEqual(['w']);
      }
    },
  );

  it('is adapter_model.bin of an adapter', async () => {
    const [pickled, same] = await Promise.all([pytorch('lora'), fixture('lora')].map(openCheckpoint));
    expect(await contentsOf(pickled as FullCheckpoint)).toEqual(await contentsOf(same as FullCheckpoint));
  });

  it.each(['pytorch_model.bin', 'pytorch_model-00002-of-00002.bin'])('is two sets with %s', async (name) => {
    const folder = join(temporaryFolder(), 'model');
    cpSync(pytorch('llama-shards'), folder, { recursive: true });
    cpSync(pytorch('llama', 'pytorch_model.bin'), join(folder, name));
    expect(await messageOf(folder)).toMatch(/has two sets of weights|which the index has in/);
  });
});

describe('what is not read exactly is refused by its name', () => {
  it.each([
    ['quantized', /names torch\.QInt8Storage|a quantized tensor of PyTorch \(torch\._utils\._rebuild_qtensor\)/],
    ['sparse', /a sparse tensor \(torch\._utils\._rebuild_sparse_tensor\)/],
    ['meta', /a tensor without numbers \(device meta\)/],
    ['subclass', /a tensor of a class of its own|names __main__\.Named/],
    ['conjugate', /the negative or the conjugate of what is stored/],
    ['negative', /the negative or the conjugate of what is stored/],
    ['expanded', /tensor "w" \[3, 1000\] has the strides \[1, 0\], which repeat or mix its elements/],
    ['overlapping', /strides \[1, 1\]/],
    ['module', /names torch\.nn\.modules\.linear\.Linear, which is no tensor/],
    ['script', /is a program \(TorchScript\)|names __torch__/],
  ])('%s', async (name, pattern) => {
    const path = pytorch('refused', `${name}.pt`);
    const message = await messageOf(path);
    expect(message).toMatch(pattern);
    expect(message).toContain(path);
  });
});

/** An archive with bits set in each entry of its directory. */
function withDirectory(bytes: Uint8Array, offset: number, bits: number): Uint8Array {
  const edited = Buffer.from(bytes);
  for (let at = edited.indexOf('PK\x01\x02'); at >= 0; at = edited.indexOf('PK\x01\x02', at + 1)) {
    edited.writeUInt16LE(edited.readUInt16LE(at + offset) | bits, at + offset);
  }
  return edited;
}

/** A pickle of a dict with a state dict below a key. */
function wrapped(key: string): string {
  const inner = stateDict({ w: tensor(storageId('0', 1), 0, [1], [1]) }).slice(2, -1);
  return `\x80\x02}X${String.fromCharCode(key.length)}\0\0\0${key}${inner}s.`;
}

async function refusalOf(bytes: Uint8Array, name = 'model.pt'): Promise<string> {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, bytes);
  return messageOf(path);
}

/** Pickles that run code in Python: none of them is followed to its end. */
const CALLS: ReadonlyArray<readonly [what: string, pickle: string, named: string]> = [
  ['a reduced function', 'cos\nsystem\n(X\x02\0\0\0idtR.', 'os.system'],
  ['posix', '\x80\x02cposix\nsystem\nX\x02\0\0\0id\x85R.', 'posix.system'],
  ['eval', 'cbuiltins\neval\n(X\x01\0\0\0' + '1tR.', 'builtins.eval'],
  ['eval of Python 2', 'c__builtin__\neval\n(X\x01\0\0\0' + '1tR.', '__builtin__.eval'],
  ['STACK_GLOBAL', '\x80\x04\x8c\x08builtins\x8c\x04exec\x93\x8c\x01' + '1\x85R.', 'builtins.exec'],
  ['INST', '(X\x02\0\0\0idios\nsystem\n.', 'os.system'],
  ['OBJ', '(cos\nsystem\nX\x02\0\0\0ido.', 'os.system'],
  ['NEWOBJ', '\x80\x02csubprocess\nPopen\nX\x02\0\0\0id\x85\x81.', 'subprocess.Popen'],
  ['getattr', 'cbuiltins\ngetattr\n(cos\nsystem\nX\x01\0\0\0atR.', 'builtins.getattr'],
  ['a name with dots', '\x80\x04\x8c\x05torch\x8c\x09os.system\x93)R.', 'torch.os.system'],
  ['a module below torch', 'ctorch.hub\nload\n(tR.', 'torch.hub.load'],
  ['a storage of another module', 'cos\nFloatStorage\n.', 'os.FloatStorage'],
  ['torch.load inside', 'ctorch.storage\n_load_from_bytes\n(C\x01xtR.', 'torch.storage._load_from_bytes'],
  ['behind a state dict', '\x80\x02}X\x01\0\0\0wcos\nsystem\n(X\x02\0\0\0idtRs.', 'os.system'],
  ['never called', '\x80\x02}X\x01\0\0\0wcos\nsystem\ns.', 'os.system'],
  ['copyreg', 'ccopyreg\n_reconstructor\n(cbuiltins\nobject\ncbuiltins\nobject\nNtR.', 'copyreg._reconstructor'],
];

describe('a pickle that calls anything', () => {
  it.each(CALLS)('is refused by what it would have called: %s', async (_, pickle, named) => {
    const said = `names ${named}, which is no tensor and would run as code where the file is loaded`;
    expect(await refusalOf(torchFile(pickle))).toContain(said);
    // Without an archive, where the first pickle is a number.
    const plain = latin1(pickle.startsWith('\x80') ? pickle : `\x80\x02${pickle}`);
    expect(await refusalOf(plain, 'pytorch_model.bin')).toContain(said);
  });

  it('has the lines that convert a file where it is trusted, and no escape sequence of its own', async () => {
    const message = await refusalOf(torchFile('c\x1b[2J\nx\n.'));
    expect(message).toContain('names \\u001b[2J.x');
  });

  it.each([
    ['a tensor as a function', `${tensor(storageId('0', 1), 0, [1], [1])}(tR.`, /it calls a tensor/],
    ['the state of a tensor', `${tensor(storageId('0', 1), 0, [1], [1])}(tb.`, /it sets the state of a tensor/],
    ['an item of a tensor', `${tensor(storageId('0', 1), 0, [1], [1])}NNs.`, /it puts items into a tensor/],
    ['a dtype as a function', 'ctorch\nfloat32\n(tR.', /it calls torch\.float32/],
    ['an extension', '\x80\x02\x82\x01.', /no opcode that is read/],
    ['an id in the text', '\x80\x02Pos.system\n.', /no opcode that is read/],
    ['another object outside', 'X\x06\0\0\0moduleQ.', /outside of it/],
  ])('%s', async (_, pickle, pattern) => {
    expect(await refusalOf(torchFile(pickle, { 0: new Uint8Array(4) }))).toMatch(pattern);
  });
});

const FLOATS = new Uint8Array(Float32Array.from({ length: 6 }, (_, i) => i).buffer);
const whole = (id = storageId('0', 6)) => stateDict({ w: tensor(id, 0, [2, 3], [3, 1]) });

describe('a file that is damaged, or made to take time and memory', () => {
  it('is read if nothing is wrong with it', async () => {
    const path = join(temporaryFolder(), 'w.pt');
    writeFileSync(path, torchFile(whole(), { 0: FLOATS }));
    expect((await openReference(path)).tensors.get('w')).toMatchObject({ dtype: 'F32', shape: [2, 3], byteLength: 24 });
  });

  const big = 2 ** 45;
  it.each<[string, Uint8Array, RegExp]>([
    ['packed members', torchFile(whole(), { 0: FLOATS }, { level: 6 }), /member archive\/data\/0 is packed/],
    ['no storage', torchFile(whole()), /lacks data\/0/],
    [
      'a storage too small',
      torchFile(whole(), { 0: FLOATS.subarray(4) }),
      /has 20 bytes, and the tensors in it need 24/,
    ],
    ['a storage twice', torchFile(whole(), { 0: FLOATS }, { more: { 'archive/DATA/0': FLOATS } }), /twice/],
    [
      'two pickles',
      torchFile(whole(), { 0: FLOATS }, { more: { 'b/data.pkl': FLOATS } }),
      /"b\/data\.pkl", which is not/,
    ],
    [
      // torch.load reads the first folder, whatever the case of its names.
      'a first folder with capitals',
      zipSync(
        {
          'archive/version': latin1('3'),
          'archive/DATA.PKL': latin1(stateDict({ w: 'N' })),
          'b/data.pkl': latin1(whole()),
          'b/data/0': FLOATS,
        },
        { level: 0 },
      ),
      /"b\/data\.pkl", which is not in the folder of its first member/,
    ],
    ...['DATA.PKL', 'Constants.pkl', 'Byteorder'].map((name): [string, Uint8Array, RegExp] => {
      const wanted = name.toLowerCase();
      const own: Zippable = { 'archive/data.pkl': latin1(whole()), 'archive/data/0': FLOATS };
      delete own[`archive/${wanted}`];
      const bytes = zipSync({ ...own, [`archive/${name}`]: latin1(whole()) }, { level: 0 });
      return [name, bytes, new RegExp(`has "archive/${name}", and not "archive/${wanted}"`)];
    }),
    [
      'no folder',
      zipSync({ 'data.pkl': latin1(whole()), 'data/0': FLOATS }, { level: 0 }),
      /"data\.pkl", which is not/,
    ],
    [
      'big-endian',
      torchFile(whole(), { 0: FLOATS }, { more: { 'archive/byteorder': latin1('big') } }),
      /are big-endian/,
    ],
    ['more behind it', torchFile(`${whole()}.`, { 0: FLOATS }), /1 bytes follow its end/],
    ['a size that overflows', torchFile(whole(storageId('0', 2 ** 52)), { 0: FLOATS }), /no possible size/],
    ...['99\n', '11', '0', '-1', 'x', ''].map((version): [string, Uint8Array, RegExp] => [
      `version ${JSON.stringify(version)}`,
      torchFile(whole(), { 0: FLOATS }, { more: { 'archive/version': latin1(version) } }),
      /its archive is of version ".*", and PyTorch reads 1 to 10/,
    ]),
    [
      'an alignment that is no number',
      torchFile(whole(), { 0: FLOATS }, { more: { 'archive/.storage_alignment': latin1('x') } }),
      /\.storage_alignment is no number/,
    ],
    ...[0x1, 0x20, 0x40, 0x2000].map((flag): [string, Uint8Array, RegExp] => [
      `flag ${flag}`,
      withDirectory(torchFile(whole(), { 0: FLOATS }), 8, flag),
      /its archive has "archive\/.*" encrypted/,
    ]),
    [
      'members that are folders',
      withDirectory(torchFile(whole(), { 0: FLOATS }), 38, 0x10),
      /its archive has "archive\/.*" as a folder/,
    ],
    ['a negative size', torchFile(whole(storageId('0', -1)), { 0: FLOATS }), /the size of a storage is -1/],
    ['two sizes', torchFile(stateDict({ a: storageId('0', 6), b: storageId('0', 5) })), /with two sizes or types/],
    [
      'two types',
      torchFile(stateDict({ a: storageId('0', 6), b: storageId('0', 6, 'IntStorage') })),
      /two sizes or types/,
    ],
    [
      'outside',
      torchFile(stateDict({ w: tensor(storageId('0', 6), 1, [2, 3], [3, 1]) }), { 0: FLOATS }),
      /outside of its/,
    ],
    ['far outside', torchFile(stateDict({ w: tensor(storageId('0', 6), 0, [big, big], [big, 1]) })), /outside of its/],
    [
      'huge by its strides',
      torchFile(stateDict({ w: tensor(storageId('0', 6), 0, [big, 2], [0, 1]) }), { 0: FLOATS }),
      /repeat or mix/,
    ],
    ['a negative stride', torchFile(stateDict({ w: tensor(storageId('0', 6), 5, [6], [-1]) })), /a stride is -1/],
    [
      '40 dimensions',
      torchFile(stateDict({ w: tensor(storageId('0', 6), 0, Array(40).fill(1), Array(40).fill(1)) })),
      /40 dim/,
    ],
    [
      'bits of a view',
      torchFile(stateDict({ w: tensor(storageId('0', 6), 0, [6], [1], '}X\x03\0\0\0neg\x88s') })),
      /negative/,
    ],
    ['a text of 2⁶³ bytes', torchFile('\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fabc.'), /cut off/],
    ['an integer of 2³¹ bytes', torchFile('\x80\x02\x8b\xff\xff\xff\x7fabc.'), /an integer of 2147483647 bytes/],
    ['nothing on the stack', torchFile('\x80\x02.'), /takes more than it has put there/],
    ['a memo that is empty', torchFile('\x80\x02h\x05.'), /refers to an object 5/],
    [
      'a list that many take',
      torchFile(`](NNtaq\0ccollections\nOrderedDict\nq\x01${'h\x01h\0\x85R'.repeat(2)}.`),
      /an OrderedDict of no known form/,
    ],
    ['no tensor', torchFile(stateDict({ w: 'N' })), /no weights/],
  ])('%s', async (_, bytes, pattern) => {
    expect(await refusalOf(bytes)).toMatch(pattern);
  });

  it('whose archive has two members in the same bytes is refused', async () => {
    const one = stateDict({ a: tensor(storageId('0', 6), 0, [6], [1]), b: tensor(storageId('1', 6), 0, [6], [1]) });
    const bytes = Buffer.from(torchFile(one, { 0: FLOATS, 1: FLOATS }));
    const [first, second] = ['0', '1'].map((key) => bytes.lastIndexOf(`archive/data/${key}`));
    // The place of a member is 4 bytes before its name in the directory.
    bytes.writeUInt32LE(bytes.readUInt32LE((first ?? 0) - 4), (second ?? 0) - 4);
    expect(await refusalOf(bytes)).toMatch(/two of its storages are in the same bytes/);
  });

  it('doubled by references to itself is as large as its bytes', async () => {
    // Each list has the one before ten times: 10⁴⁰ items for those who walk through them.
    const level = (i: number) => `](${`h${String.fromCharCode(i)}`.repeat(10)}eq${String.fromCharCode(i + 1)}0`;
    const bomb = `\x80\x02]q\x000${Array.from({ length: 40 }, (_, i) => level(i)).join('')}h\x28`;
    const cyclic = ']q\x63h\x63a';
    const path = join(temporaryFolder(), 'bomb.pt');
    const pickle = `\x80\x02}(X\x01\0\0\0b${bomb.slice(2)}X\x01\0\0\0c${cyclic}X\x01\0\0\0w${tensor(storageId('0', 6), 0, [6], [1])}u.`;
    writeFileSync(path, torchFile(pickle, { 0: FLOATS }));
    expect([...(await openReference(path)).tensors.keys()]).toEqual(['w']);
  });

  it.each(readdirSync(pytorch()).filter((name) => name.endsWith('.pt')))(
    '%s, cut off anywhere, is refused',
    async (name) => {
      const bytes = readFileSync(pytorch(name));
      for (let length = 1; length < bytes.length; length += 997) {
        expect(await refusalOf(bytes.subarray(0, length)), String(length)).toMatch(
          /cut off|not a whole zip|damaged|is a|has/,
        );
      }
    },
  );
});

describe('the shards that processes of a training run left', () => {
  it.each([
    ['hf', 'safetensors'],
    ['hf-grid', 'safetensors'],
    ['consolidated', 'safetensors'],
    ['fsdp1', 'pytorch'],
    ['fsdp2', 'pytorch'],
  ])('%s are the checkpoint that the same weights in one file are', async (name, format) => {
    const [found, same] = [
      await openReference(pytorch('shards', name)),
      await openReference(fixture('language-models', 'llama')),
    ];
    expect(found.format).toBe(format);
    expect(await digestCheckpoint(found)).toBe(await digestCheckpoint(same));
  });

  it.each(['hf-grid', 'fsdp2'])('%s run with the log-probabilities of transformers', async (name) => {
    for (const held of ['float32', 'as-stored'] as const) {
      await withEngine(pytorch('shards', name), { held, mostExpanded: 700 }, async (engine) => {
        for (const { tokens, logits } of readCases(fixture('language-models', 'llama', 'expected.safetensors'))) {
          expect(difference(await engine.logits(tokens), logits)).toBeLessThanOrEqual(TOLERANCE);
        }
      });
    }
  });

  it('of a run with its optimizer have the weights alone', async () => {
    const [found, same] = [
      await openReference(pytorch('shards', 'run')),
      await openReference(pytorch('shards', 'tiny.safetensors')),
    ];
    const expected = await contentsOf(same);
    expect(await contentsOf(found)).toEqual(expected);
    expect([...found.tensors.values()].every(({ layout }) => layout?.kind === 'pieces')).toBe(true);
  });

  it('are refused where a part of the model is in a dict of its own, by its place', async () => {
    const folder = pytorch('shards', 'nested');
    expect(await messageOf(folder)).toContain(
      `${folder} has the tensor ["model","encoder","weight"] in a dict inside of the weights, which is not read`,
    );
  });

  it('have the spectra of whole tensors', async () => {
    const read = async (path: string) =>
      JSON.parse((await runCli('spectra', '--checkpoint', path, '--json')).stdout).tensors;
    expect(await read(pytorch('shards', 'hf-grid'))).toEqual(await read(fixture('language-models', 'llama')));
  });

  it('say that probes need a configuration, and spectra do not', async () => {
    const folder = pytorch('shards', 'fsdp1', 'pytorch_model_fsdp_0');
    expect((await openReference(folder)).tensors.size).toBe(21);
    await expect(withEngine(folder, {}, async () => {})).rejects.toThrow(/config\.json has no model_type/);
  });

  const changed = (name: string, change: (folder: string) => void): Promise<string> => {
    const folder = join(temporaryFolder(), name);
    cpSync(pytorch('shards', name), folder, { recursive: true });
    change(folder);
    return messageOf(folder);
  };
  const shard = (process: number, file: number) => `shard-0000${process}-model-0000${file}-of-00002.safetensors`;
  const inner = (folder: string, name: string) => join(folder, 'pytorch_model_fsdp_0', name);
  const edit = (path: string, from: string, to: string) => {
    const bytes = readFileSync(path, 'latin1');
    expect(bytes).toContain(from);
    writeFileSync(path, bytes.replace(from, to), 'latin1');
  };

  it.each<[string, string, (folder: string) => void, RegExp]>([
    ['no process 2', 'hf', (f) => [1, 2].map((i) => rmSync(join(f, shard(2, i)))), /lacks the shards of process 2/],
    [
      'no process 3',
      'hf',
      (f) => [1, 2].map((i) => rmSync(join(f, shard(3, i)))),
      /has 44 rows, and config\.json 64 tokens/,
    ],
    ['no second file', 'hf', (f) => [1, 2, 3].map((i) => rmSync(join(f, shard(i, 2)))), /lacks file 2 of its shards/],
    [
      'one file less',
      'hf',
      (f) => rmSync(join(f, shard(2, 1))),
      /has 44\d+ of its \d+ elements|has \d+ of its \d+ elements/,
    ],
    [
      'another offset',
      'hf',
      (f) => edit(join(f, shard(2, 1)), 'offsets\\": [22, 0]', 'offsets\\": [21, 0]'),
      /overlap or leave gaps/,
    ],
    [
      'no offsets',
      'hf',
      (f) => edit(join(f, shard(2, 1)), 'DCP_SHARDING_INFO', 'DCP_SHARDING_INFX'),
      /does not say where its tensors begin/,
    ],
    [
      'no metadata',
      'fsdp1',
      (f) => rmSync(inner(f, '.metadata')),
      /without its \.metadata|has no|contains no checkpoint/,
    ],
    ['no second process', 'fsdp1', (f) => rmSync(inner(f, '__1_0.distcp')), /__1_0\.distcp is missing/],
    [
      'a file elsewhere',
      'fsdp1',
      (f) => edit(inner(f, '.metadata'), '__0_0.distcp', '../0_0.distcp'.slice(0, 12)),
      /outside of the directory/,
    ],
    [
      'a call in its list',
      'fsdp1',
      (f) => edit(inner(f, '.metadata'), 'PosixPath', 'PosixPatx'),
      /names pathlib\.PosixPatx/,
    ],
    ['a file cut off', 'fsdp2', (f) => truncateSync(inner(f, '__1_0.distcp'), 30_000), /is cut off/],
    [
      'a call in a piece',
      'fsdp2',
      (f) => edit(inner(f, '__1_0.distcp'), '_rebuild_tensor_v2', '_rebuild_tensor_v9'),
      /CRC|damaged|_v9/,
    ],
    [
      'another type',
      'fsdp2',
      (f) => edit(inner(f, '.metadata'), '\x8c\x08bfloat16', '\x8c\x07float16'),
      /and not float16/,
    ],
    [
      'two models',
      'fsdp2',
      (f) => cpSync(join(f, 'pytorch_model_fsdp_0'), join(f, 'pytorch_model_fsdp_1'), { recursive: true }),
      /several models/,
    ],
    [
      'a folder elsewhere',
      'fsdp2',
      (f) => {
        const elsewhere = join(temporaryFolder(), 'model');
        renameSync(join(f, 'pytorch_model_fsdp_0'), elsewhere);
        symlinkSync(elsewhere, join(f, 'pytorch_model_fsdp_0'));
      },
      /pytorch_model_fsdp_0 leads to a file outside of its folder, which is not read/,
    ],
  ])('are refused with %s', async (_, name, change, pattern) => {
    expect(await changed(name, change)).toMatch(pattern);
  });
});

describe('pickles that are nearly right', () => {
  it('end as data or are refused', async () => {
    const endings = new Map<string, number>();
    for (let i = 0; i < 150; i += 1) {
      const ending = await runInput(pickleFuzzer, pickleFuzzer.make(new Random(21, `pickle ${i}`)), '');
      if (ending.kind === 'finding') throw ending.error;
      endings.set(ending.kind, (endings.get(ending.kind) ?? 0) + 1);
    }
    // Neither is rare, or the inputs would say little.
    for (const kind of ['accepted', 'refused']) expect(endings.get(kind), kind).toBeGreaterThan(15);
  });
});
