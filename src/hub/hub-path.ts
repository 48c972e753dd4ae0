import { UserError } from '../platform/user-error.ts';

/** A folder in a model repository of a hub: `hf://org/model[@revision][/sub/folder]`. */
export interface HubPath {
  /** `org/model`. */
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

/** What a hub allows in a name; it also goes into a path of the cache. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}$/;
const REVISION = /^[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}$/;
/** Pull requests and conversions are the revisions with slashes that a hub makes itself. */
const WITH_SLASHES = /^(refs\/(?:pr|convert)\/[^/]+)(?:\/(.*))?$/;

/** @throws UserError for a path that is none */
export function parseHubPath(path: string): HubPath {
  const mend = `write ${SCHEME}org/model, ${SCHEME}org/model@revision or ${SCHEME}org/model@revision/folder`;
  const wrong = (what: string) => new UserError(`${JSON.stringify(path.slice(0, 200))} ${what}`, mend);
  const [organisation = '', second = '', ...rest] = path.slice(SCHEME.length).replace(/\/+$/, '').split('/');
  const at = second.indexOf('@');
  const model = at < 0 ? second : second.slice(0, at);
  if (!NAME.test(organisation) || !NAME.test(model) || /\.\.|--/.test(`${organisation}/${model}`)) {
    throw wrong('names no model');
  }
  const { revision, folder } = at < 0 ? { revision: null, folder: rest.join('/') } : split(second.slice(at + 1), rest);
  if (revision !== null && (!REVISION.test(revision) || revision.includes('..'))) throw wrong('names no revision');
  if (folder !== '' && !folder.split('/').every((part) => NAME.test(part) && !part.includes('..'))) {
    throw wrong('names no folder');
  }
  return { repository: `${organisation}/${model}`, revision, folder };
}

function split(first: string, rest: readonly string[]): Pick<HubPath, 'revision' | 'folder'> {
  const made = WITH_SLASHES.exec([first, ...rest].join('/'));
  if (made) return { revision: made[1] ?? '', folder: made[2] ?? '' };
  // Another branch with a slash can be written with %2F.
  return { revision: first.replaceAll(/%2f/gi, '/'), folder: rest.join('/') };
}

/** The path of a commit, which will mean the same tomorrow. */
export function pinned({ repository, folder }: HubPath, commit: string): string {
  return `${SCHEME}${repository}@${commit}${folder === '' ? '' : `/${folder}`}`;
}
