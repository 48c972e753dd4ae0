// The documentation as a site, in out/site/: npm run docs:site [-- --serve | --edit] [-- --versions]
//   --serve     shows it after building
//   --edit      shows it without building, and follows what is edited
//   --versions  builds the site of each tag vX.Y.Z too, in a folder of its own, as it was at that tag
// Node 24 runs this file by itself. It installs what is missing: the packages of the repository, whose compiler api.ts
// needs for the pages of docs/packages/, and those of docs/.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OUT = join(ROOT, 'out/site');
const [, NAME] = (process.env.GITHUB_REPOSITORY ?? 'OWNER/shadow-gate').split('/');
const BASE = process.env.SITE_BASE ?? `/${NAME}/`;
const { values } = parseArgs({
  options: { serve: { type: 'boolean' }, edit: { type: 'boolean' }, versions: { type: 'boolean' } },
});

// `v0` moves along with the releases. Tags from before there was a site have none.
const tags = values.versions ? git('tag', '--list', 'v*.*.*', '--sort=-version:refname').split('\n') : [];
const versions = tags.filter((tag) => tag !== '' && git('ls-tree', tag, 'docs/.vitepress/config.ts') !== '');

prepare(ROOT);
if (values.edit) vitepress(ROOT, 'main', ['dev']);
else {
  vitepress(ROOT, 'main', ['build']);
  for (const tag of versions) buildTag(tag);
  if (values.serve) vitepress(ROOT, 'main', ['preview']);
}

function buildTag(tag: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'shadow-gate-site-'));
  git('worktree', 'add', '--detach', folder, tag);
  try {
    prepare(folder);
    vitepress(folder, tag, ['build', '--outDir', join(OUT, tag)]);
  } finally {
    git('worktree', 'remove', '--force', folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Installs the packages of a checkout, and lets its own script write the pages of what its packages export. */
function prepare(checkout: string): void {
  for (const folder of [checkout, join(checkout, 'docs')]) {
    if (!existsSync(join(folder, 'node_modules')))
      run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
  }
  run(process.execPath, [...process.execArgv, 'scripts/docs/api.ts'], checkout);
}

/** Runs the VitePress of a checkout on its documentation. */
function vitepress(checkout: string, version: string, [command = '', ...options]: readonly string[]): void {
  const docs = join(checkout, 'docs');
  const program = join(docs, 'node_modules/vitepress/bin/vitepress.js');
  run(process.execPath, [program, command, docs, ...options], checkout, {
    SITE_BASE: version === 'main' ? BASE : `${BASE}${version}/`,
    SITE_VERSION: version,
    SITE_VERSIONS: ['main', ...versions].join(' '),
  });
}

function run(program: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): void {
  const { status } = spawnSync(program, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${status}`);
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
}
