import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { writeFileAtomic } from '@shadow-gate/platform/files';
import type { ChangedInput } from '../compare/finding.ts';
import { checkMeasured, measureShard } from '../gate/check.ts';
import { describeGithubError } from '../github/client/index.ts';
import { MEASUREMENT_FILE } from '../github/storage/index.ts';
import { expectCheckpoint } from '../measure/index.ts';
import { type Measurement, writeMeasurement } from '../measure/schema/index.ts';
import { mergeFiles } from '../measure/shards/index.ts';
import { printable } from '../report/escape.ts';
import { findingText } from '../report/summary/index.ts';
import { plain, unverifiedSentence } from '../report/text/index.ts';
import type { KeyedRun, MergeRun, ShardRun } from './action-run.ts';
import { ownCheckPlace } from './check-run.ts';
import { type ActionContext, openCaches } from './context.ts';
import { expectOutFolder } from './out-folder.ts';
import { reportResults } from './report-results.ts';
import { artifactName, resolveApproved } from './resolve-approved.ts';
import { actionGateSettings, inMeasuringGroup, runDependencies } from './run-gate.ts';

/** Measure one machine's share, and upload it for the job that merges. It has no verdict. */
export async function runShard(run: ShardRun, context: ActionContext): Promise<void> {
  await expectOutFolder(run.out, context.workspace);
  const caches = openCaches(run, context);
  const resolved = await resolveApproved(run, context, { caches, ...runDependencies(run) });
  expectApprovedTokenizer(resolved.changes);
  const { weights, ...settings } = actionGateSettings(run, context, resolved);
  const { index, count } = run.shard;
  const measurement = await inMeasuringGroup(run, context, (onProgress) =>
    measureShard({ ...settings, weights: { ...weights, spectrumStore: caches?.spectra }, onProgress }, run.shard),
  );
  const file = join(run.out, MEASUREMENT_FILE);
  const { sha: commit } = ownCheckPlace(context).commit;
  await writeMeasurement(file, { ...measurement, shard: measurement.shard && { ...measurement.shard, commit } });
  context.runner.setOutputs({ measurement: file });
  // Half a measurement has shards of its own, which would replace those of the other half.
  const name = `${shardPrefix(run)}${run.only === undefined ? '' : `${run.only}-`}${index}-of-${count}`;
  await orExplain(context, 'uploaded', () => context.artifacts.upload(name, [file]));
  context.runner.info(`Shard ${index}/${count}: artifact ${name}`);
}

/** Merge the shards of this run, and judge them as if one machine had measured everything. */
export async function runMerge(run: MergeRun, context: ActionContext): Promise<void> {
  await expectOutFolder(run.out, context.workspace);
  const caches = openCaches(run, context);
  const measurement = await mergeShards(run, context);
  const [first, ...others] = measurement.run.unverified ?? [];
  if (first !== undefined) context.runner.info(plain(unverifiedSentence([first, ...others])));
  const { checkpoint, reference } = run;
  if (measurement.reference !== null && reference === undefined) {
    throw new UserError(
      'the shards were measured against a reference, and the input reference is empty, so that it is unknown whether the change has touched it',
      'give the job that merges the same input reference as those that measure',
    );
  }
  if (checkpoint !== undefined) {
    context.runner.info(printable(`Reading ${checkpoint}, which the shards have to be of.`));
    await expectCheckpoint(measurement, { path: checkpoint, reference });
  }
  const probes = measurement.probes !== null;
  const spectra = measurement.method !== null;
  const resolved = await resolveApproved(run, context, { caches, paths: { reference }, probes, spectra });
  const report = await checkMeasured(measurement, { ...resolved, only: run.only, today: context.now() });
  await reportResults({ run, context, caches, ...resolved, measurement, report });
}

/** The job that merges does not know the shards' tokenizer. */
function expectApprovedTokenizer(changes: readonly ChangedInput[]): void {
  const change = changes.find(({ input }) => input === 'tokenizer');
  if (!change) return;
  throw new UserError(
    findingText({ kind: 'changed-input', ...change }),
    'merge the tokenizer first, or run the gate without shards',
  );
}

async function mergeShards(run: MergeRun, context: ActionContext): Promise<Measurement> {
  const { artifacts, temporary } = context;
  const prefix = shardPrefix(run);
  const listed = await orExplain(context, 'listed', () => artifacts.list());
  const own = listed.filter(({ name }) => name.startsWith(prefix) && SHARD_NAME.test(name.slice(prefix.length)));
  if (own.length === 0) {
    throw new UserError(
      `this run has no artifact ${prefix}*`,
      `run jobs with the input shard and the key ${run.key} before this one`,
    );
  }
  const folder = await mkdtemp(join(temporary, 'shadow-gate-shards-'));
  try {
    const paths: string[] = [];
    for (const { name, id } of own) {
      const text = (await orExplain(context, 'read', () => artifacts.read(id))).get(MEASUREMENT_FILE);
      if (text === undefined)
        throw new UserError(`artifact ${name} has no file ${MEASUREMENT_FILE}`, 'run that shard again');
      const path = join(folder, `${name}.json`);
      await writeFileAtomic(path, text);
      paths.push(path);
    }
    return await mergeFiles(paths, ownCheckPlace(context).commit.sha);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Shards are useless without their artifacts, so failures are errors. */
async function orExplain<T>({ workflowRun }: ActionContext, verb: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new UserError(
      `the shards of run ${workflowRun.id} could not be ${verb}: ${describeGithubError(error)}`,
      'run the job again; on a server without artifacts, pass the files on by other means and use the command line',
    );
  }
}

/** The end of an artifact's name, after the prefix. */
const SHARD_NAME = /^(?:(?:spectra|probes)-)?\d+-of-\d+$/;

const shardPrefix = (run: KeyedRun): string => `${artifactName(run)}-shard-`;
