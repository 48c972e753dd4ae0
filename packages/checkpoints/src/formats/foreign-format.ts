import type { FileHandle } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { UserError } from '@shadow-gate/platform';

/** Weights in formats that are not read, recognized by their first bytes: many programs write `.bin`. */

export interface ForeignFormat {
  /** As in "FILE is …, which is not read". */
  readonly what: string;
  readonly hint: string;
  readonly lines?: (file: string) => readonly string[];
  readonly runsCode?: boolean;
}

/** Enough for every format: a tar file has its mark at byte 257. */
const SIGNATURE_BYTES = 512;

const FROM_SOURCE = 'give the safetensors checkpoint it was made from';

export const PICKLE: ForeignFormat = {
  what: 'a PyTorch pickle',
  hint: 'convert it where you trust it, with the four lines of Python below, or save the model with safe_serialization=True',
  lines: pickleLines,
  runsCode: true,
};

export const GGUF: ForeignFormat = {
  what: 'a GGUF file, as llama.cpp reads',
  hint: 'give it a name that ends with .gguf, and give its path',
};

const ARCHIVE = 'unpack it, and give the checkpoint that is in it';

const FORMATS = {
  pickle: PICKLE,
  tar: {
    what: 'a tar archive, as NeMo and old releases of PyTorch write',
    hint: ARCHIVE,
    runsCode: true,
  },
  compressed: { what: 'a compressed archive', hint: ARCHIVE },
  zip: { what: 'a zip archive, as PyTorch pickles and .npz files are', hint: ARCHIVE },
  npz: { what: 'a NumPy archive (.npz)', hint: 'convert it with the lines of Python below', lines: npzLines },
  npy: { what: 'a NumPy array (.npy)', hint: 'save the arrays with safetensors.numpy.save_file' },
  keras: {
    what: 'a Keras archive (.keras)',
    hint: 'save the arrays of model.weights with safetensors.numpy.save_file',
    runsCode: true,
  },
  hdf5: {
    what: 'an HDF5 file, as Keras writes',
    hint: 'load the model in its framework, and save its arrays with safetensors.numpy.save_file',
  },
  gguf: GGUF,
  ggml: { what: 'a GGML file, as early releases of llama.cpp read', hint: FROM_SOURCE },
  llama2c: { what: 'a llama2.c file', hint: FROM_SOURCE },
  tflite: { what: 'a TensorFlow Lite model', hint: FROM_SOURCE },
  ort: { what: 'an ONNX Runtime model (.ort)', hint: 'give the ONNX model it was made from' },
  flax: {
    what: 'a Flax file (msgpack)',
    hint: 'load the model with from_flax=True (transformers 4), and save it with safe_serialization=True',
  },
  openvino: { what: 'an OpenVINO model', hint: 'give the ONNX model or the safetensors it was made from' },
  coreml: { what: 'a Core ML model', hint: FROM_SOURCE },
  tensorflow: {
    what: 'a TensorFlow model',
    hint: 'load the model with from_tf=True (transformers 4), and save it with safe_serialization=True',
  },
  tensorrt: { what: 'a TensorRT engine', hint: FROM_SOURCE },
} as const satisfies Readonly<Record<string, ForeignFormat>>;

const ascii = (text: string): readonly number[] => Array.from(text, (character) => character.charCodeAt(0));

/** Marks at fixed places. A safetensors file begins with the length of its header. */
const SIGNATURES: ReadonlyArray<readonly [offset: number, bytes: readonly number[], format: ForeignFormat]> = [
  [0, ascii('GGUF'), FORMATS.gguf],
  // "ggml", "ggmf" and "ggjt" as little-endian words.
  [0, ascii('lmgg'), FORMATS.ggml],
  [0, ascii('fmgg'), FORMATS.ggml],
  [0, ascii('tjgg'), FORMATS.ggml],
  // "ak42" as a little-endian word: versions 1 and 2 of llama2.c.
  [0, ascii('24ka'), FORMATS.llama2c],
  [0, [0x89, ...ascii('HDF\r\n'), 0x1a, 0x0a], FORMATS.hdf5],
  [0, [0x93, ...ascii('NUMPY')], FORMATS.npy],
  [0, [0x1f, 0x8b], FORMATS.compressed],
  [0, [0x28, 0xb5, 0x2f, 0xfd], FORMATS.compressed],
  [0, ascii('ftrt'), FORMATS.tensorrt],
  [4, ascii('TFL3'), FORMATS.tflite],
  [4, ascii('ORTM'), FORMATS.ort],
  [257, ascii('ustar'), FORMATS.tar],
];

/** Formats without a mark, such as the oldest pickles, by their usual names. */
const NAMES: ReadonlyArray<readonly [RegExp, ForeignFormat]> = [
  [/\.(mlmodel|mlpackage)$/, FORMATS.coreml],
  [/^saved_model\.pb$|\.ckpt(-\d+)?\.(index|meta)$|\.data-\d{5}-of-\d{5}$/, FORMATS.tensorflow],
  [/\.(engine|plan)$/, FORMATS.tensorrt],
  [/^(pytorch|adapter)_model.*\.bin$|\.(pt|pth|ckpt|pkl)$/, FORMATS.pickle],
];

/** @param start the first SIGNATURE_BYTES @returns null for safetensors and unknown files */
function foreignFormat(start: Buffer, name: string, size: number): ForeignFormat | null {
  // A header's length, followed by '{', can look like a short mark. Long marks would exceed its limit.
  const isHeader = start[8] === 0x7b;
  const signed = SIGNATURES.find(
    ([offset, bytes]) =>
      !(isHeader && (bytes.length < 4 || offset > 8)) && bytes.every((byte, i) => start[offset + i] === byte),
  );
  if (signed) return signed[2];
  if (isHeader) return null;
  if (isZip(start)) return zipFormat(start);
  if (isPickle(start)) return FORMATS.pickle;
  if (isMessagePack(start)) return FORMATS.flax;
  if (isLlama2c(start, size)) return FORMATS.llama2c;
  if (/^\s*<\?xml[\s\S]*<net\s/.test(start.toString('latin1'))) return FORMATS.openvino;
  return NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

/** Usual names of formats, for files of which only the name is known. */
const USUAL_NAMES: ReadonlyArray<readonly [RegExp, ForeignFormat]> = [
  ...NAMES,
  [/\.(bin|pickle)$/, FORMATS.pickle],
  [/\.gguf$/, FORMATS.gguf],
  [/\.npz$/, FORMATS.npz],
  [/\.keras$/, FORMATS.keras],
  [/\.(h5|hdf5)$/, FORMATS.hdf5],
  [/\.msgpack$/, FORMATS.flax],
  [/\.nemo$/, FORMATS.tar],
];

export function foreignFormatByName(name: string): ForeignFormat | null {
  return USUAL_NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

export async function readForeignFormat(handle: FileHandle, file: string): Promise<ForeignFormat | null> {
  const { size } = await handle.stat();
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(SIGNATURE_BYTES), 0, SIGNATURE_BYTES, 0);
  return foreignFormat(buffer.subarray(0, bytesRead), basename(file), size);
}

export function foreignError(file: string, { what, hint, lines, runsCode }: ForeignFormat): UserError {
  const reason = runsCode ? 'can run code when it is opened and is therefore not read' : 'is not read';
  return new UserError(`${file} is ${what}, which ${reason}`, hint, { lines: lines?.(basename(file)) ?? [] });
}

const EMPTY_ZIP = [0x50, 0x4b, 0x05, 0x06];
const ZIP = [0x50, 0x4b, 0x03, 0x04];

function isZip(start: Buffer): boolean {
  return [ZIP, EMPTY_ZIP].some((magic) => magic.every((byte, i) => start[i] === byte));
}

/** Positions of the length of the first entry's name, and of the name (APPNOTE.TXT 4.3.7). */
const [ZIP_NAME_LENGTH, ZIP_NAME] = [26, 30] as const;

/** The name of the first entry tells the format: writers begin with what readers need first. */
function zipFormat(start: Buffer): ForeignFormat {
  const length = start.length >= ZIP_NAME ? start.readUInt16LE(ZIP_NAME_LENGTH) : 0;
  const first = start.toString('latin1', ZIP_NAME, ZIP_NAME + length);
  if (/\.npy$/.test(first)) return FORMATS.npz;
  if (/^(metadata|config)\.json$|^model\.weights\.h5$/.test(first)) return FORMATS.keras;
  if (
    /^(.*\/)?(data|constants)\.pkl$|^[^/]+\/(version|byteorder|code\/.*|data\/.*|\.data\/.*|\.format_version)$/.test(
      first,
    )
  )
    return FORMATS.pickle;
  return FORMATS.zip;
}

/** Opcode PROTO, and the number of a protocol. */
function isPickle([first, second = 0]: Buffer): boolean {
  return first === 0x80 && second >= 1 && second <= 5;
}

/** A map with a string as its first key. */
function isMessagePack(start: Buffer): boolean {
  const [first = 0] = start;
  const isFixMap = first > 0x80 && first <= 0x8f;
  const key = start[isFixMap ? 1 : first === 0xde ? 3 : first === 0xdf ? 5 : start.length] ?? 0;
  return (key >= 0xa1 && key <= 0xbf) || key === 0xd9;
}

/** Version 0 without a mark (https://github.com/karpathy/llama2.c, `legacy_export`). Negative vocabulary: own head. */
function isLlama2c(start: Buffer, size: number): boolean {
  const HEADER_BYTES = 28;
  if (start.length < HEADER_BYTES) return false;
  const numbers = Array.from({ length: 7 }, (_, i) => start.readInt32LE(4 * i));
  const [dim = 0, hidden = 0, layers = 0, heads = 0, kvHeads = 0, vocabulary = 0, length = 0] = numbers;
  if (numbers.some((value, i) => value === 0 || (value < 0 && i !== 5)) || dim % heads !== 0) return false;
  const headSize = dim / heads;
  const layer = 2 * dim + 2 * dim * dim + 2 * dim * kvHeads * headSize + 3 * dim * hidden;
  const tables = Math.abs(vocabulary) * dim * (vocabulary < 0 ? 2 : 1);
  // Then the final norm, and two unused tables of rotations.
  return size === HEADER_BYTES + 4 * (tables + layers * layer + dim + length * headSize);
}

/** A name that needs no escapes in a Python string. */
function pythonName(file: string, fallback: string): string {
  return /^[\w.-]+$/.test(file) ? file : fallback;
}

function converted(file: string): string {
  return `${file.slice(0, file.length - extname(file).length).replace(/^pytorch_/, '')}.safetensors`;
}

function pickleLines(file: string): readonly string[] {
  const name = pythonName(file, 'checkpoint.pt');
  return [
    'import torch; from safetensors.torch import save_file',
    `state = torch.load('${name}', map_location='cpu', weights_only=True)`,
    "state = state['model'] if 'model' in state else state  # or ['state_dict'], where the weights are",
    `save_file({k: v.clone().contiguous() for k, v in state.items() if torch.is_tensor(v)}, '${converted(name)}')`,
  ];
}

function npzLines(file: string): readonly string[] {
  const name = pythonName(file, 'weights.npz');
  return [
    'import numpy; from safetensors.numpy import save_file',
    `save_file({k: numpy.ascontiguousarray(v) for k, v in numpy.load('${name}').items()}, '${converted(name)}')`,
  ];
}
