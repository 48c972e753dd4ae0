import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repository, temporaryFolder } from '../fixtures.ts';
import { builtDist } from './built-dist.ts';
import { useRig } from './rig.ts';
import { BASE_SHA, HEAD_SHA } from './run-action.ts';

// examples/repository: its script builds the repository, the action judges each of its pull requests, and what it says
// is what the folder shows. `UPDATE=1` writes what `init` left and the comments there.

const EXAMPLE = repository('examples/repository');
const LEFT_BY_INIT = ['.github/workflows/shadow-gate.yml', '.shadow-gate/baseline.json'];
const UPDATE = process.env.UPDATE === '1';

const rig = useRig({ hasServices: false });
let [clone, program] = ['', ''];
beforeAll(async () => {
  program = join(await builtDist(), 'cli.js');
  // The script takes the program as one word.
  const command = join(temporaryFolder(), 'shadow-gate');
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 });
  clone = join(temporaryFolder(), 'repository');
  execFileSync('bash', [join(EXAMPLE, 'build.sh'), clone, command]);
});

const git = (...args: string[]) =>
  execFileSync('git', args, {
    cwd: clone,
    encoding: 'latin1',
    maxBuffer: 1 << 26,
    stdio: ['ignore', 'pipe', 'ignore'],
  });

/** Give the server a commit, and with `checkOut` the runner its files. */
function publish(branch: string, sha: string): void {
  for (const line of git('ls-tree', '-r', branch).trim().split('\n')) {
    const [, , blob = '', path = ''] = /^(\d+) blob (\w+)\t(.+)$/.exec(line)?.map(String) ?? [];
    // What the weights are does not matter to the server, only whether they changed.
    const text = path.endsWith('.safetensors')
      ? blob
      : Buffer.from(git('show', `${branch}:${path}`), 'latin1').toString();
    rig.github.files.set(`${sha}:${path}`, text);
  }
}

/** Verdict, sentence and the numbers that decide, without what the processor's last digits may change. */
const shape = (comment: string) =>
  (comment.split('<details>')[0] ?? '').replace(/[−+]?\d[\d,.]*%?/g, 'N').replace(/<!--.*?-->/g, '');

it.each([
  ['more-formats', 'pass', 0],
  ['chat-template', 'warn', 0],
  ['exam-only', 'fail', 1],
  ['new-base', 'inconclusive', 1],
])('the pull request %s of the example repository: %s', async (branch, verdict, code) => {
  git('checkout', '-q', branch);
  for (const name of ['models', 'probes.jsonl', 'shadow-gate.yml', ...LEFT_BY_INIT.map((path) => dirname(path))]) {
    cpSync(join(clone, name), rig.path(name), { recursive: true });
  }
  publish('main', BASE_SHA);
  publish(branch, HEAD_SHA);
  const workflow = parse(readFileSync(join(clone, LEFT_BY_INIT[0] ?? ''), 'utf8'));
  const { comment: _, ...inputs } = workflow.jobs.gate.steps[1].with;
  // Every question: which ones a check asks before it stops is drawn anew in each run.
  const outcome = await rig.gate({ ...inputs, all: 'true' });
  expect([outcome.outputs.verdict, outcome.code], outcome.log).toEqual([verdict, code]);
  const [posted] = rig.github.comments;
  const file = join(EXAMPLE, 'pull-requests', `${branch}.comment.md`);
  if (UPDATE) writeFileSync(file, `${posted?.body}\n`);
  expect(shape(readFileSync(file, 'utf8'))).toBe(shape(posted?.body ?? ''));
});

describe('what init left', () => {
  it('is what the folder shows', () => {
    git('checkout', '-q', 'main');
    for (const path of LEFT_BY_INIT) {
      const [shown, left] = [join(EXAMPLE, path), join(clone, path)];
      if (UPDATE) {
        rmSync(shown, { force: true });
        mkdirSync(dirname(shown), { recursive: true });
        cpSync(left, shown);
      }
      expect(existsSync(shown)).toBe(true);
      if (path.endsWith('.yml')) expect(readFileSync(shown, 'utf8')).toBe(readFileSync(left, 'utf8'));
    }
  });
});
