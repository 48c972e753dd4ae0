import { UserError } from '@shadow-gate/platform';

/** A folder in a model repository of a hub: `hf://org/model[@revision][/sub/folder]`. */
export interface HubPath {
  readonly repository: string;
  /** Branch, tag or commit; null: the repository's main branch. */
  readonly revision: string | null;
  /** Without slashes at its ends; empty for the root. */
  readonly folder: string;
}

const SCHEME = 'hf://';

export function isHubPath(path: string): boolean {
  return path.startsWith(SCHEME);
}

/** The characters that a hub allows in a name, which also becomes part of a path in the cache. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}$/;
const REVISION = /^[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}$/;
/** Revisions with slashes that a hub creates: pull requests and conversions. */
const WITH_SLASHES = /^(refs\/(?:pr|convert)\/[^/]+)(?:\/(.*))?$/;

/** @throws UserError for an invalid path */
export function parseHubPath(path: string): HubPath {
  const hint = `write ${SCHEME}org/model, ${SCHEME}org/model@revision or ${SCHEME}org/model@revision/folder`;
  const wrong = (what: string) => new UserError(`${JSON.stringify(path.slice(0, 200))} ${what}`, hint);
  const [organization = '', second = '', ...rest] = path.slice(SCHEME.length).replace(/\/+$/, '').split('/');
  const separator = second.indexOf('@');
  const model = separator < 0 ? second : second.slice(0, separator);
  if (!NAME.test(organization) || !NAME.test(model) || /\.\.|--/.test(`${organization}/${model}`)) {
    throw wrong('does not name a model');
  }
  const { revision, folder } =
    separator < 0 ? { revision: null, folder: rest.join('/') } : splitRevision(second.slice(separator + 1), rest);
  if (revision !== null && (!REVISION.test(revision) || revision.includes('..')))
    throw wrong('does not name a valid revision');
  if (folder !== '' && !folder.split('/').every((part) => NAME.test(part) && !part.includes('..'))) {
    throw wrong('does not name a valid folder');
  }
  return { repository: `${organization}/${model}`, revision, folder };
}

function splitRevision(first: string, rest: readonly string[]): Pick<HubPath, 'revision' | 'folder'> {
  const made = WITH_SLASHES.exec([first, ...rest].join('/'));
  if (made) return { revision: made[1] ?? '', folder: made[2] ?? '' };
  // Other branches with a slash can be written with %2F.
  return { revision: first.replaceAll(/%2f/gi, '/'), folder: rest.join('/') };
}

/** The path with a commit, which does not move like a branch. */
export function pinned({ repository, folder }: HubPath, commit: string): string {
  return `${SCHEME}${repository}@${commit}${folder === '' ? '' : `/${folder}`}`;
}
