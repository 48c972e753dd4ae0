import type { Random } from '@shadow-gate/probes/random';
import { unzipSync, type Zippable, zipSync } from 'fflate';
import { mutateBytes } from './bytes.ts';

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Opcodes with their arguments: values, stack and memo, calls. */
const PARTS = [
  ...'02N)](}teasudlbRoQ1.'.split(''),
  ...['\x85', '\x86', '\x87', '\x88', '\x89', '\x81', '\x93', '\x94', '\x8f', '\x90'],
  ...['h\0', 'h\x07', 'q\x03', 'K\0', 'K\x01', 'K\x0c', 'M\xff\xff', 'J\xff\xff\xff\xff', '\x8a\x08\0\0\0\0\0\0\0\x10'],
  ...['X\x01\0\0\x00w', '\x8c\x05model', 'U\x030.w', 'G\x7f\xf0\0\0\0\0\0\0', '\x95\xff\0\0\0\0\0\0\0'],
  ...[
    'torch\nFloatStorage',
    'torch\nHalfStorage',
    'torch.storage\nUntypedStorage',
    'torch\nSize',
    'torch\nfloat32',
  ].map((name) => `c${name}\n`),
  ...['torch._utils\n_rebuild_tensor_v2', 'torch._utils\n_rebuild_tensor_v3', 'torch._utils\n_rebuild_parameter'].map(
    (name) => `c${name}\n`,
  ),
  ...[
    'collections\nOrderedDict',
    'os\nsystem',
    'builtins\neval',
    'builtins\nset',
    'torch.serialization\n_get_layout',
  ].map((name) => `c${name}\n`),
].map(latin1);

/** A pickle with some opcodes put in, taken out, doubled or changed. */
export function mutatePickle(pickle: Uint8Array, random: Random): Uint8Array {
  if (random.int(0, 3) === 0) return mutateBytes(pickle, random);
  let copy: Uint8Array = pickle;
  for (let edits = random.int(1, 3); edits > 0; edits -= 1) copy = edit(copy, random);
  return copy;
}

function edit(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.int(0, Math.max(0, bytes.length - 1));
  const end = Math.min(bytes.length, at + random.int(1, 40));
  const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (random.int(0, 4)) {
    case 0:
      return joined(before, random.pick(PARTS), part, after);
    case 1:
      return joined(before, after);
    case 2:
      return joined(before, part, part, after);
    case 3:
      return changedNumber(bytes, random);
    default: {
      const other = random.int(0, Math.max(0, bytes.length - 1));
      return joined(before, bytes.subarray(other, other + random.int(1, 60)), after);
    }
  }
}

/** One of the numbers of a byte (opcode K), such as sizes, strides and offsets. */
function changedNumber(bytes: Uint8Array, random: Random): Uint8Array {
  const places = [...bytes.keys()].filter((i) => bytes[i] === 0x4b);
  const copy = bytes.slice();
  if (places.length > 0) copy[random.pick(places) + 1] = random.pick([0, 1, 2, 3, 5, 6, 7, 10, 12, 29, 255]);
  return copy;
}

/** A file of torch.save: with its pickle edited in a sound archive, or edited as bytes. */
export function mutateTorchFile(file: Uint8Array, random: Random): Uint8Array {
  if (random.int(0, 2) === 0 || file[0] !== 0x50) return mutateBytes(file, random);
  const members: Zippable = {};
  for (const [name, bytes] of Object.entries(unzipSync(file))) {
    const isEdited = name.endsWith('data.pkl') || random.int(0, 60) === 0;
    members[name] = [isEdited ? mutatePickle(bytes, random) : bytes, { level: random.int(0, 80) === 0 ? 6 : 0 }];
  }
  return zipSync(members, { mtime: new Date(2020, 1, 1) });
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
