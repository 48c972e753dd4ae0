import type { FileHandle } from 'node:fs/promises';
import { openZip, type ZipArchive, type ZipMember } from '@shadow-gate/platform/files';
import { readPickle } from './interpreter.ts';
import { PickleError } from './pickle-error.ts';
import { offsetsIn, Storages } from './storages.ts';
import { tensorVocabulary } from './tensor-vocabulary.ts';
import { bytesOfStorage } from './torch-dtypes.ts';
import type { TorchObject } from './values.ts';

/** The largest state dicts' pickles have some ten MiB. */
export const MAX_PICKLE_BYTES = 128 * 2 ** 20;
/** kMaxSupportedFileFormatVersion of caffe2/serialize/versions.h. */
const MAX_VERSION = 10;
/** Encrypted, patched, strongly encrypted and hidden (APPNOTE.TXT 4.4.4): PyTorch refuses these. */
const UNREAD_FLAGS = 0x2061;
const MAX_MEMBERS = 500_000;
const DAMAGED = 'download or save the file again';

/** Since PyTorch 1.6: an uncompressed archive with `data.pkl` and `data/KEY` (caffe2/serialize/inline_container.h). */
export async function readZipFile(
  handle: FileHandle,
  path: string,
  part: { readonly start: number; readonly size: number },
): Promise<TorchObject> {
  const archive = await openZip({ handle, path, hint: DAMAGED, ...part });
  const members = new Members(archive);
  const pickle = members.get('data.pkl');
  if (pickle === undefined) throw new PickleError('its archive has no data.pkl');
  if (members.get('constants.pkl')) throw new PickleError('it is a program (TorchScript)');
  const order = members.get('byteorder');
  if (order && (await textOf(archive, order)) !== 'little') throw new PickleError('its numbers are big-endian');
  expectVersion(await textOf(archive, members.get('version')));
  const alignment = members.get('.storage_alignment');
  if (alignment && !/^\d+$/.test((await textOf(archive, alignment)) ?? '')) {
    throw new PickleError('its .storage_alignment is no number');
  }
  if (pickle.bytes > MAX_PICKLE_BYTES) throw new PickleError(`it has ${pickle.bytes} bytes without its numbers`);
  const storages = new Storages(5);
  const bytes = await archive.read(pickle);
  const { value, end } = readPickle(bytes, tensorVocabulary(storages.load));
  if (end !== bytes.length) throw new PickleError(`${bytes.length - end} bytes follow its end`);
  return { value, offsetOf: offsetsIn(await placesOf(storages, archive, members)) };
}

/** A short member; null if it is missing or too long. */
async function textOf(archive: ZipArchive, member: ZipMember | undefined): Promise<string | null> {
  return member === undefined || member.bytes > 16 ? null : (await archive.read(member)).toString('latin1');
}

/** @throws PickleError for a version that PyTorch 2.13 does not read: it takes the number at the beginning */
function expectVersion(text: string | null): void {
  const version = Number.parseInt(text ?? '', 10);
  if (version >= 1 && version <= MAX_VERSION) return;
  const what = text === null ? 'has no version' : `is of version ${JSON.stringify(text.trim())}`;
  throw new PickleError(`its archive ${what}, and PyTorch reads 1 to ${MAX_VERSION}`);
}

/** The members in the folder of the first one, where PyTorch looks for all. */
class Members {
  readonly #folder: string;
  readonly #byLowerName = new Map<string, ZipMember>();

  constructor({ members }: ZipArchive) {
    if (members.length > MAX_MEMBERS) throw new PickleError(`its archive has more than ${MAX_MEMBERS} members`);
    const [first] = members;
    this.#folder = first?.name.slice(0, first.name.indexOf('/') + 1) ?? '';
    for (const member of members) {
      const shown = JSON.stringify(member.name.slice(0, 200));
      if (this.#folder === '' || !member.name.startsWith(this.#folder)) {
        throw new PickleError(`its archive has ${shown}, which is not in the folder of its first member`);
      }
      if ((member.flags & UNREAD_FLAGS) !== 0 || member.isFolder) {
        throw new PickleError(`its archive has ${shown} ${member.isFolder ? 'as a folder' : 'encrypted'}`);
      }
      const name = member.name.toLowerCase();
      if (this.#byLowerName.has(name)) throw new PickleError(`its archive has ${shown} twice`);
      this.#byLowerName.set(name, member);
    }
  }

  /** @throws PickleError for a member that differs in case, which PyTorch ignores */
  get(name: string): ZipMember | undefined {
    const wanted = `${this.#folder}${name}`;
    const member = this.#byLowerName.get(wanted.toLowerCase());
    if (member === undefined || member.name === wanted) return member;
    const [shown, meant] = [member.name, wanted].map((text) => JSON.stringify(text.slice(0, 200)));
    throw new PickleError(`its archive has ${shown}, and not ${meant}`);
  }
}

/** The first byte of each storage. @throws PickleError if two share bytes */
async function placesOf(storages: Storages, archive: ZipArchive, members: Members): Promise<Map<string, number>> {
  const places = new Map<string, number>();
  const ranges: Array<readonly [start: number, end: number]> = [];
  for (const storage of storages.byKey.values()) {
    const bytes = bytesOfStorage(storage);
    const member = members.get(`data/${storage.key}`);
    if (!member) throw new PickleError(`its archive lacks data/${storage.key.slice(0, 200)}`);
    if (member.bytes !== bytes) {
      throw new PickleError(`its data/${storage.key} has ${member.bytes} bytes, and the tensors in it need ${bytes}`);
    }
    const start = await archive.locate(member);
    places.set(storage.key, start);
    if (bytes > 0) ranges.push([start, start + bytes]);
  }
  ranges.sort(([a], [b]) => a - b);
  let end = 0;
  for (const range of ranges) {
    if (range[0] < end) throw new PickleError('two of its storages are in the same bytes');
    end = range[1];
  }
  return places;
}
