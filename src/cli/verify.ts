import { digestCheckpoint, openCheckpoint } from '@shadow-gate/checkpoints';
import { UserError } from '@shadow-gate/platform';
import { readTextFile } from '@shadow-gate/platform/files';
import { type Command, InvalidArgumentError } from 'commander';
import { expectAttested } from '../attestation/statement.ts';
import type { ExpectedSigner, ExpectedWorkflow } from '../attestation/verify.ts';
import { digestOwnFiles } from '../measure/index.ts';
import { parseReport } from '../report/json.ts';
import { renderAttested, renderVerdict } from '../report/terminal/index.ts';
import { VERIFY_EXAMPLES } from './help.ts';
import type { Output } from './output.ts';
import { verdictExitCode } from './verdict.ts';

interface VerifyOptions extends ExpectedSigner {
  readonly report: string;
  readonly bundle: string;
  readonly trustedRoot: string;
  readonly checkpoint?: string;
}

export function addVerifyCommand(program: Command, output: Output): void {
  program
    .command('verify')
    .description('verify the attestation of a verdict: who signed it, and that it is of this report')
    .requiredOption('--report <file>', 'report.json of the run')
    .requiredOption('--bundle <file>', 'attestation.json of the run, a Sigstore bundle')
    .requiredOption('--repository <owner/name>', 'repository on GitHub whose run it has to be', parseRepository)
    .requiredOption(
      '--trusted-root <file>',
      "whom to trust with certificates: what 'gh attestation trusted-root' prints",
    )
    .option(
      '--workflow <path>',
      'workflow that has to have signed, such as .github/workflows/gate.yml, with @refs/heads/main for one ref alone, and after owner/name/ for one of another repository (default: any of the repository)',
      parseWorkflow,
    )
    .option('--checkpoint <path>', 'checkpoint that has to be the one that was judged')
    .addHelpText('after', VERIFY_EXAMPLES)
    .action((options: VerifyOptions) => runVerify(options, output));
}

async function runVerify(options: VerifyOptions, output: Output): Promise<void> {
  const { report: file, bundle, checkpoint: path } = options;
  // No other command needs these packages.
  const { verifyAttestation } = await import('../attestation/verify.ts');
  const verified = verifyAttestation(await textOf(bundle), await textOf(options.trustedRoot), options);
  const bytes = Buffer.from(await textOf(file));
  const report = parseReport(bytes.toString('utf8'), file);
  const checkpoint =
    path === undefined
      ? null
      : await output.withProgress(async (onProgress) => {
          const opened = await openCheckpoint(path);
          const behaviorFiles = await digestOwnFiles(opened);
          return { path, digest: await digestCheckpoint(opened, undefined, onProgress), behaviorFiles };
        });
  expectAttested(verified, report, { bytes, checkpoint });
  output.print(renderAttested({ ...verified, checkpoint: path ?? null }, output.terminal));
  output.print(renderVerdict(report, output.terminal));
  output.exitCode = verdictExitCode(report.verdict, {});
}

async function textOf(file: string): Promise<string> {
  const text = await readTextFile(file, 'measurement');
  if (text === null) throw new UserError(`${file} does not exist`, 'check the path');
  return text;
}

const REPOSITORY = /^[\w.-]+\/[\w.-]+$/;

function parseRepository(text: string): string {
  if (REPOSITORY.test(text)) return text;
  throw new InvalidArgumentError('Not the owner and the name of a repository.');
}

function parseWorkflow(text: string): ExpectedWorkflow {
  const parts = /^(?:([\w.-]+\/[\w.-]+)\/)?(\.github\/workflows\/[^@/]+)(?:@(.+))?$/.exec(text);
  if (parts === null) throw new InvalidArgumentError('Not the path of a workflow, such as .github/workflows/gate.yml.');
  const [, repository = null, path = '', ref = null] = parts;
  return { repository, path, ref };
}
