import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, UserError } from '@shadow-gate/platform';
import { writeFileAtomic } from '@shadow-gate/platform/files';
import { signStatement } from '../attestation/sign.ts';
import { verdictStatement } from '../attestation/statement.ts';
import type { Report } from '../compare/report.ts';
import { isOfPublicRepository } from '../github/event/index.ts';
import { storeAttestation } from '../github/publish/index.ts';
import { ATTESTATION_FILE } from '../github/storage/index.ts';
import { printable } from '../report/escape.ts';
import type { ReportingRun } from './action-run.ts';
import { ownCheckPlace } from './check-run.ts';
import type { ActionContext } from './context.ts';

const MAX_MESSAGE = 2000;

/**
 * Sign any verdict, if asked to. If that fails, the verdict stays and the step fails: nobody shall take the run for an
 * attested one. Never throws.
 * @param file path of report.json, as it was written
 * @returns the path of the attestation; empty without one
 */
export async function attestVerdict(
  { attest, out }: ReportingRun,
  context: ActionContext,
  { report, file }: { readonly report: Report; readonly file: string },
): Promise<string> {
  if (!attest) return '';
  const { runner } = context;
  try {
    const bundle = await sign(report, file, context);
    const url = await store(bundle, context);
    const path = join(out, ATTESTATION_FILE);
    await writeFileAtomic(path, `${JSON.stringify(bundle)}\n`);
    runner.info(`Attestation: ${printable(url)}`);
    return path;
  } catch (error) {
    runner.failStep();
    const message = printable(`the verdict is not attested: ${describeError(error).message}`, MAX_MESSAGE);
    runner.annotate({ level: 'error', message });
    return '';
  }
}

async function sign(report: Report, file: string, context: ActionContext): Promise<object> {
  if (!context.hasIdentity) {
    throw new UserError(
      'the job has no identity to sign with, as no run of a pull request from a fork has',
      'add `permissions: id-token: write` and `attestations: write` to the job, or leave `attest` out for forks',
    );
  }
  const { sha: commit } = ownCheckPlace(context).commit;
  const statement = verdictStatement(report, { bytes: await readFile(file), commit });
  return signStatement(statement, { isPublic: isOfPublicRepository(context.event) });
}

async function store(bundle: object, { octokit, repository, repositoryUrl }: ActionContext): Promise<string> {
  if (octokit === null) throw new UserError('the input github-token is empty', "leave it out, so that it is the job's");
  const stored = await storeAttestation(octokit, repository, { bundle, repositoryUrl });
  if ('url' in stored) return stored.url;
  throw new UserError(stored.problem, 'the job needs `permissions: attestations: write`');
}
