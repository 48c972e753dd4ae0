import { UserError } from '@shadow-gate/platform';
import { parseHubPath } from './hub-path.ts';

/** One split of a data set on a hub: `hf://datasets/org/name[@revision]/config/split`. */
export interface DatasetPath {
  readonly repository: string;
  /** Branch, tag or commit; null: the main branch, or the hub's conversion to parquet. */
  readonly revision: string | null;
  readonly config: string;
  readonly split: string;
}

const SCHEME = 'hf://datasets/';

export function isDatasetPath(path: string): boolean {
  return path.startsWith(SCHEME);
}

/** @throws UserError for an invalid path */
export function parseDatasetPath(path: string): DatasetPath {
  const wrong = (what: string) =>
    new UserError(
      `${JSON.stringify(path.slice(0, 200))} ${what}`,
      `write ${SCHEME}org/name/config/split or ${SCHEME}org/name@revision/config/split; where there is one config, it is mostly called default`,
    );
  // A data set is named like a model, with its config and split in the place of a folder.
  const inside = path.slice(SCHEME.length);
  const { repository, revision, folder } = readAs(() => parseHubPath(`hf://${inside}`), wrong);
  const [config, split, ...rest] = folder.split('/');
  if (!config || !split || rest.length > 0) throw wrong('does not name a config and a split of a data set');
  return { repository, revision, config, split };
}

function readAs<T>(work: () => T, wrong: (what: string) => UserError): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const [, what = 'does not name a split'] = /" (does not name .*)$/.exec(error.problem) ?? [];
    throw wrong(what.replace('a model', 'a data set').replace('folder', 'config and split'));
  }
}

/** `org/name/config/split`, without the revision. */
export function datasetName({ repository, config, split }: DatasetPath): string {
  return `${repository}/${config}/${split}`;
}

/** The path with a commit, which does not move like a branch. */
export function pinnedDataset({ repository, config, split }: DatasetPath, commit: string): string {
  return `${SCHEME}${repository}@${commit}/${config}/${split}`;
}
