import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { VERSION } from '@shadow-gate/platform';
import { type DoctorCheck, type DoctorFinding, ok, problem, warning } from './diagnosis.ts';

interface TokenContext {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly root: string;
  readonly fetch?: typeof globalThis.fetch;
}

/** What a token of GitHub in the environment may read. What it may write is known only by writing. */
export function tokenCheck(context: TokenContext): DoctorCheck {
  return { name: 'github-token', run: () => checkToken(context) };
}

const TIMEOUT_MILLISECONDS = 10_000;

/** What is asked, and the permission that the answer shows. */
const QUESTIONS = [
  ['contents: read', 'contents/'],
  ['actions: read', 'actions/caches?per_page=1'],
  ['pull-requests: read', 'pulls?per_page=1'],
] as const;

async function checkToken({ env, root, fetch = globalThis.fetch }: TokenContext): Promise<DoctorFinding> {
  const token = env.GITHUB_TOKEN || env.GH_TOKEN;
  if (!token) return ok('none here: what it may do is not known; a run on GitHub gets its own');
  const repository = env.GITHUB_REPOSITORY ?? (await originOf(root));
  const where = env.GITHUB_TOKEN ? 'GITHUB_TOKEN' : 'GH_TOKEN';
  if (repository === null)
    return ok(`${where} is set, and no repository of GitHub is known here: what it may do is not known`);
  const api = (env.GITHUB_API_URL ?? 'https://api.github.com').replace(/\/+$/, '');
  const ask = async (path: string) => {
    const response = await fetch(`${api}/repos/${repository}/${path}`, {
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/vnd.github+json',
        'user-agent': `shadow-gate/${VERSION}`,
      },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
    });
    await response.body?.cancel();
    return response.status;
  };
  const found: Array<{ readonly permission: string; readonly status: number | null }> = [];
  for (const [permission, path] of QUESTIONS) found.push({ permission, status: await ask(path).catch(() => null) });
  return describe(where, repository, found);
}

function describe(
  where: string,
  repository: string,
  found: ReadonlyArray<{ readonly permission: string; readonly status: number | null }>,
): DoctorFinding {
  const of = (test: (status: number | null) => boolean) =>
    found.filter(({ status }) => test(status)).map(({ permission }) => permission);
  if (found.some(({ status }) => status === 401)) {
    return problem(`${where} is not valid`, 'renew it, or unset it');
  }
  const granted = of((status) => status !== null && status < 300);
  const refused = of((status) => status === 403 || status === 404);
  const unknown = of((status) => status === null || (status >= 300 && status !== 403 && status !== 404));
  const parts = [
    ...(granted.length > 0 ? [`may ${granted.join(', ')}`] : []),
    ...(refused.length > 0 ? [`may not ${refused.join(', ')}`] : []),
    ...(unknown.length > 0 ? [`not known: ${unknown.join(', ')}`] : []),
    'what it may write is not known before a run',
  ];
  const text = `${where} in ${repository} ${parts.join('; ')}`;
  return refused.length === 0
    ? ok(text)
    : warning(text, `give it ${refused.join(', ')}: see docs/reference/action.md, permissions`);
}

/** `owner/name` of the remote `origin`, if that is at GitHub; null otherwise. */
async function originOf(root: string): Promise<string | null> {
  const { stdout } = await promisify(execFile)('git', ['config', '--get', 'remote.origin.url'], { cwd: root }).catch(
    () => ({ stdout: '' }),
  );
  const [, name] =
    /^(?:https:\/\/(?:[^/@]*@)?github\.com\/|(?:ssh:\/\/)?git@github\.com[:/])([\w.-]+\/[\w.-]+?)(?:\.git)?\/?\s*$/.exec(
      stdout,
    ) ?? [];
  return name ?? null;
}
