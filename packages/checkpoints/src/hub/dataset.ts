import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import type { ParquetSource } from '@shadow-gate/platform/parquet';
import type { ListedFile } from './checkpoint-files.ts';
import { findSplit, type SplitChoices, type SplitFiles, splitSchema } from './dataset-files.ts';
import { type DatasetPath, parseDatasetPath, pinnedDataset } from './dataset-path.ts';
import { MissingOnHub } from './hub-fetch.ts';
import { COMMIT, HubRepository } from './hub-repository.ts';
import { cacheOfHub, type HubSettings, hubSettings } from './hub-settings.ts';
import { PartialFile, readSealed, writeSealed } from './partial-file.ts';
import type { ByteRange } from './ranges.ts';
import { matchesDigest, once } from './snapshot-files.ts';

interface DatasetSplit {
  /** The path with the commit at which it is read: `hf://datasets/org/name@0123…/config/split`. */
  readonly source: string;
  /** Does the given path follow a branch or the newest conversion? */
  readonly moves: boolean;
  /** Its parquet files, in the order of their rows. Only ranges that are read are downloaded and cached. */
  readonly files: readonly ParquetSource[];
}

/** A hub's branch with a conversion to parquet, of the newest revision only. */
const CONVERTED = 'refs/convert/parquet';

const opened = new Map<string, Promise<DatasetSplit>>();

/**
 * Open a split of a data set on a hub: its own parquet files or, if no revision is named and it has none, the hub's
 * conversion. A revision is resolved once per process.
 * @throws UserError for an invalid path, and for a split that is not there or cannot be read
 */
export function openDataset(path: string, settings: HubSettings = hubSettings(process.env)): Promise<DatasetSplit> {
  return once(opened, path, settings, () => new Opening(path, settings).open());
}

interface Found extends SplitFiles {
  readonly commit: string;
}

class Opening {
  readonly #path: string;
  readonly #settings: HubSettings;
  readonly #target: DatasetPath;

  constructor(path: string, settings: HubSettings) {
    this.#path = path;
    this.#settings = settings;
    this.#target = parseDatasetPath(path);
  }

  async open(): Promise<DatasetSplit> {
    const { revision } = this.#target;
    const own = await this.#at(revision);
    const found = 'files' in own ? own : await this.#converted(own);
    return {
      source: pinnedDataset(this.#target, found.commit),
      moves: revision === null || !COMMIT.test(revision),
      files: found.files.map((file) => this.#source(found, file)),
    };
  }

  async #at(revision: string | null): Promise<Found | SplitChoices> {
    const commit = await this.#repository(revision, '').commit();
    const kept = join(this.#cached(commit), 'split.json');
    const known = await readSealed(kept, splitSchema);
    if (known !== null) return { ...known, commit };
    const found = await findSplit(this.#path, commit, this.#target, this.#settings);
    if (!('files' in found)) return found;
    await writeSealed(kept, found);
    return { ...found, commit };
  }

  #repository(revision: string | null, folder: string): HubRepository {
    const { repository } = this.#target;
    return new HubRepository(this.#path, { type: 'dataset', repository, revision, folder }, this.#settings);
  }

  /** @throws UserError if the hub has not converted the split either */
  async #converted(own: SplitChoices): Promise<Found> {
    if (this.#target.revision !== null) throw this.#absent(own, { isNamed: true });
    const converted = await this.#at(CONVERTED).catch((error: unknown) => {
      if (error instanceof MissingOnHub) return null;
      throw error;
    });
    if (converted === null) throw this.#absent(own, { isNamed: own.configs === null });
    if ('files' in converted) return converted;
    throw this.#absent(converted, { isNamed: true });
  }

  /** @param isNamed are the choices names of configs and splits? Folders of a data set can be anything. */
  #absent({ configs, splits, isPartial }: SplitChoices, { isNamed }: { readonly isNamed: boolean }): UserError {
    const { repository, revision, config, split } = this.#target;
    const download = `download it: python -c "import datasets; datasets.load_dataset('${repository}', '${config}', split='${split}').to_parquet('FILE.parquet')"`;
    if (isPartial) return new UserError(`${this.#path}: the hub has converted only a part of it to parquet`, download);
    const [what, names] =
      configs === null ? [`split "${split}" of ${config}`, splits] : [`config "${config}"`, configs];
    const at = revision === null ? '' : ` at ${revision}`;
    if (isNamed && names.length > 0) {
      return new UserError(`${this.#path}: no parquet files of a ${what}${at}`, `choose one of ${listed(names)}`);
    }
    const folders =
      configs !== null && configs.length > 0 ? `if it is one of its folders (${listed(configs)}), name that; or ` : '';
    const other =
      revision === null
        ? folders
        : `leave out the revision, or name ${CONVERTED}, where a hub keeps what it converts; or `;
    return new UserError(
      `${this.#path}: no parquet files of the ${what}${at}${revision === null ? ', and the hub has not converted it' : ''}`,
      `${other}${download}`,
    );
  }

  #source({ commit, folder }: Found, file: ListedFile): ParquetSource {
    const name = `${this.#path}: ${file.name}`;
    // Without a digest of its content, it is downloaded as a whole.
    if (file.sha256 === null && file.size > MAX_WHOLE_BYTES) {
      throw new UserError(`${name} has ${file.size} bytes and no digest`, 'check HF_ENDPOINT');
    }
    const hub = this.#repository(commit, folder);
    const cached = this.#cached(commit);
    const partial = new PartialFile({
      path: join(cached, 'files', file.name),
      journal: join(cached, 'ranges', `${file.name}.json`),
      size: file.size,
      sha256: file.sha256,
      name,
      download: (range: ByteRange) => hub.download(commit, file, range),
    });
    // For a file that is not in Git LFS, only git's digest of the whole file is known.
    let isChecked = file.sha256 !== null;
    const slice = async (start: number, end = file.size) => {
      await partial.fetch([isChecked ? [start, end] : [0, file.size]]);
      if (!isChecked && !matchesDigest(await readFile(partial.path), file)) {
        await partial.discard();
        throw new UserError(`${name} arrived damaged: its digest differs`, 'run again');
      }
      isChecked = true;
      return readRange(partial.path, start, end);
    };
    return { name, byteLength: file.size, slice };
  }

  #cached(commit: string): string {
    const { repository, config, split } = this.#target;
    const name = `datasets--${repository.replace('/', '--')}`;
    return join(cacheOfHub(this.#settings), name, commit, config, split);
  }
}

/** Hubs keep what is larger than 10 MB in Git LFS. */
const MAX_WHOLE_BYTES = 16 * 1024 * 1024;

const MOST_LISTED = 12;

function listed(names: readonly string[]): string {
  const more = names.length - MOST_LISTED;
  return `${names.slice(0, MOST_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

async function readRange(path: string, start: number, end: number): Promise<ArrayBuffer> {
  const handle = await open(path, 'r');
  try {
    const bytes = new ArrayBuffer(end - start);
    const { bytesRead } = await handle.read(new Uint8Array(bytes), 0, end - start, start);
    if (bytesRead < end - start) throw new UserError(`${path} changed while it was read`, 'run again');
    return bytes;
  } finally {
    await handle.close();
  }
}
