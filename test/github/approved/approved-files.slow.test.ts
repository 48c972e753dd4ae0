import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApprovedFiles } from '../../../src/github/approved/approved-files.ts';
import { type Files, GitRepository } from './git-repository.ts';

const POINTER = (oid: string) => `version https://git-lfs.github.com/spec/v1\noid sha256:${oid.repeat(64)}\nsize 9\n`;
const SUBMODULE = 'c'.repeat(40);

/** A reference, and other places that it could be read from. */
const BASE: Files = {
  'models/base/config.json': '{}',
  'models/base/model.safetensors': POINTER('a'),
  'models/other/config.json': '{"other": 1}',
  'models/current': { link: 'base' },
  'models/shared/config.json': { link: '../base/config.json' },
  'models/loop': { link: 'loop' },
  'models/outside': { link: '/mnt/models' },
  'models/deep/up': { link: '../../models/base' },
  'vendor/base': { submodule: SUBMODULE },
  vendored: { link: 'vendor/base/model' },
  'candidate/config.json': '{}',
};

let repository: GitRepository;
beforeEach(() => {
  repository = new GitRepository();
});
afterEach(() => repository.remove());

/** What the commit that is checked out does to a path, and what the base has there. */
function standing(
  base: string,
  path: string,
  more: { commits?: string[]; usual?: string | null; merge?: string; folder?: string } = {},
) {
  const { commits = [], usual = null, merge = null, folder = repository.folder } = more;
  const workspace = { folder, repository: { owner: 'o', repo: 'r' } };
  const files = new ApprovedFiles(
    repository.client,
    { owner: 'o', repo: 'r', sha: base },
    { workspace, usual, merge, commits },
  );
  return files.standingOf(path, 'reference');
}

describe('a file that the verdict depends on is compared with the base commit', () => {
  it.each<[string, Files, string, string | null]>([
    ['a change of the candidate alone', { 'candidate/config.json': '{"a": 1}' }, 'models/base', null],
    ['an edit of a small file', { 'models/base/config.json': '{"a": 1}' }, 'models/base', 'edited'],
    ['other weights in Git LFS', { 'models/base/model.safetensors': POINTER('b') }, 'models/base', 'edited'],
    ['a file added to the folder', { 'models/base/extra.safetensors': 'w' }, 'models/base', 'edited'],
    ['a link that leads elsewhere', { 'models/current': { link: 'other' } }, 'models/current', 'edited'],
    ['an edit behind a link', { 'models/base/config.json': '[]' }, 'models/current', 'edited'],
    ['an edit behind a link in the folder', { 'models/base/config.json': '[]' }, 'models/shared', 'edited'],
    ['an edit elsewhere in a folder with links', { 'models/other/config.json': '[]' }, 'models/shared', null],
    [
      'a folder in place of a link',
      { 'models/current': null, 'models/current/config.json': '1' },
      'models/current',
      'edited',
    ],
    ['a link in place of a folder', { 'models/base': { link: 'other' } }, 'models/base', 'edited'],
    ['a link to what a step downloads', { 'models/base': { link: '../downloads' } }, 'models/base', 'edited'],
    ['a link to the same bytes', { 'models/base2': { link: 'base' } }, 'models/base', null],
    ['a link out of the repository', { 'models/outside': { link: '/mnt/other' } }, 'models/outside', 'edited'],
    ['an untouched link out of the repository', { 'candidate/x': 'x' }, 'models/outside', null],
    ['an untouched link to itself', { 'candidate/x': 'x' }, 'models/loop', null],
    [
      'a link with `..` after another link',
      { 'models/deep/up': { link: '../current/../other' } },
      'models/deep/up',
      'edited',
    ],
    ['another commit of a submodule', { 'vendor/base': { submodule: 'd'.repeat(40) } }, 'vendor/base/model', 'edited'],
    ['an untouched submodule', { 'candidate/x': 'x' }, 'vendor/base/model', null],
    [
      'another commit of a submodule behind a link',
      { 'vendor/base': { submodule: 'd'.repeat(40) } },
      'vendored',
      'edited',
    ],
    [
      'files in place of a submodule',
      { 'vendor/base': null, 'vendor/base/model/config.json': '{}' },
      'vendor/base/model',
      'edited',
    ],
    [
      'a line in .gitattributes that rewrites the checkout',
      { '.gitattributes': '*.jinja text eol=crlf\n' },
      'models/base',
      'edited',
    ],
    [
      'another file in Git LFS',
      { '.gitattributes': '*.onnx filter=lfs diff=lfs merge=lfs -text\n' },
      'models/base',
      null,
    ],
    ['a deletion', { 'models/base': null }, 'models/base', 'deleted'],
    ['an addition', { 'models/new/config.json': '{}' }, 'models/new', 'added'],
    ['a link in place of a folder that the base lacks', { downloads: { link: 'models' } }, 'downloads/x', 'added'],
    ['nothing there at all', { 'candidate/x': 'x' }, 'downloads/reference', null],
  ])('%s', async (_name, change, path, expected) => {
    const base = repository.commit(BASE);
    repository.commit(change);
    expect((await standing(base, path))?.change ?? null).toBe(expected);
  });

  it('a sparse checkout hides no change: the commit counts, not what it left on disk', async () => {
    const base = repository.commit(BASE);
    repository.commit({ 'models/base/config.json': '[]' });
    rmSync(join(repository.folder, 'models'), { recursive: true });
    expect(await standing(base, 'models/base')).toMatchObject({ change: 'edited' });
  });

  it('what a step of the workflow wrote counts, and what a stale branch brings back does not', async () => {
    const stale = repository.commit(BASE);
    const base = repository.commit({ 'models/base': null });
    repository.write({ 'models/base/config.json': '{}' });
    expect(await standing(base, 'models/base')).toEqual({ base: null, change: null });
    // The merge commit of a run does not have it, but the head of the pull request does.
    expect(await standing(base, 'models/base', { commits: [stale] })).toMatchObject({ change: 'added' });
    repository.git('checkout', '-q', '-f', stale);
    expect(await standing(base, 'models/base', { commits: [base] })).toMatchObject({ change: 'added' });
  });

  it('a merge into a later commit of the base branch is no edit of what that commit has', async () => {
    const base = repository.commit(BASE);
    repository.git('checkout', '-q', '-b', 'feature');
    repository.commit({ 'candidate/config.json': '[]' });
    repository.git('checkout', '-q', 'main');
    repository.commit({ 'models/base/config.json': '[]' });
    repository.git(
      '-c',
      'user.name=t',
      '-c',
      'user.email=t@example.com',
      'merge',
      '-q',
      '--no-ff',
      '-m',
      'm',
      'feature',
    );
    const merge = repository.git('rev-parse', 'HEAD');
    expect(await standing(base, 'models/base', { merge })).toMatchObject({ change: null });
    // Without GitHub's merge commit, anybody's first parent would do.
    expect(await standing(base, 'models/base')).toMatchObject({ change: 'edited' });
    repository.commit({ 'models/base/config.json': '1' });
    expect(await standing(base, 'models/base', { merge })).toMatchObject({ change: 'edited' });
  });

  it('a branch that is checked out is found too, packed or not', async () => {
    const base = repository.commit(BASE);
    repository.git('checkout', '-q', '-b', 'feature/x');
    repository.commit({ 'models/base/config.json': '[]' });
    expect(await standing(base, 'models/base')).toMatchObject({ change: 'edited' });
    repository.git('pack-refs', '--all');
    expect(await standing(base, 'models/base')).toMatchObject({ change: 'edited' });
  });

  it('a fork that is checked out in a folder is recognized by its commit', async () => {
    const base = repository.commit(BASE);
    const change = repository.commit({ 'models/base/config.json': '[]' });
    const folder = `${repository.folder}-workspace`;
    try {
      mkdirSync(folder);
      execFileSync('git', ['clone', '-q', '--no-local', repository.folder, join(folder, 'pr')], { stdio: 'ignore' });
      execFileSync('git', ['-C', join(folder, 'pr'), 'checkout', '-q', change], { stdio: 'ignore' });
      expect(await standing(base, 'pr/models/base', { folder })).toMatchObject({ change: 'edited' });
      // A repository that GitHub does not know as a fork is none of the change's.
      writeFileSync(join(folder, 'pr', '.git', 'HEAD'), `${'e'.repeat(40)}\n`);
      expect(await standing(base, 'pr/models/base', { folder, usual: change })).toEqual({ base: null, change: null });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('without a checkout that names its commit nothing is taken for unchanged', async () => {
    const base = repository.commit(BASE);
    const change = repository.commit({ 'models/base/config.json': '[]' });
    const folder = `${repository.folder}-files`;
    mkdirSync(folder);
    try {
      expect(await standing(base, 'models/base', { folder })).toMatchObject({ change: 'unknown' });
      expect(await standing(base, 'models/base', { folder, usual: change })).toMatchObject({ change: 'edited' });
      expect(await standing(base, 'models/base', { folder, usual: base })).toMatchObject({ change: null });
      expect(await standing(base, 'models/base', { folder, usual: 'f'.repeat(40) })).toMatchObject({
        change: 'unknown',
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('a commit that the token may not read is an error, and a path outside the workspace nobody can write is not', async () => {
    const base = repository.commit(BASE);
    await expect(standing('9'.repeat(40), 'models/base')).rejects.toThrow(
      /could not be read at the base commit 9999999/,
    );
    expect(await standing(base, '/mnt/models')).toBeNull();
  });
});
