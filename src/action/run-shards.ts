import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as core from '@actions/core';
import { context } from '@actions/github';
import { checkMeasured, measureShard } from '../gate/check.ts';
import { MEASUREMENT_FILE } from '../github/approved/baseline-from-artifact.ts';
import { setOutputs } from '../github/publish/outputs.ts';
import type { Artifacts } from '../github/storage/artifacts.ts';
import type { Measurement } from '../measure/schema/measurement.ts';
import { mergeFiles } from '../measure/shards/merge.ts';
import type { Shard } from '../measure/shards/shard.ts';
import { UserError } from '../platform/user-error.ts';
import { expectWritable, writeFileAtomic, writeJson } from '../platform/write-file.ts';
import { openCache } from './cache.ts';
import { artifactsOfRun } from './clients.ts';
import { conclude } from './conclude.ts';
import type { Options } from './inputs.ts';
import { approve, artifactName } from './resolve-baseline.ts';
import { measuring, settingsOf } from './run-gate.ts';

/** Measure the share of one machine of a matrix, and leave it for the job that merges. It has no verdict. */
export async function shard(options: Options, part: Shard): Promise<void> {
  await expectWritable(resolve(options.out), 'folder');
  const cache = openCache(options);
  const approved = await approve(options, cache);
  const measurement = await measuring(options.checkpoint, () =>
    measureShard({ ...settingsOf(options, approved.baseline), ...approved, spectrumStore: cache?.spectra }, part),
  );
  const file = join(resolve(options.out), MEASUREMENT_FILE);
  await writeJson(file, measurement);
  setOutputs({ measurement: file });
  const name = `${shardPrefix(options)}${part.index}-of-${part.count}`;
  await orExplain('kept', () => artifactsOfRun(options).upload(name, [file]));
  core.info(`Shard ${part.index}/${part.count}: artifact ${name}`);
}

/** Join what the machines of a matrix have measured in this run, and judge it as if one machine had. */
export async function merge(options: Options): Promise<void> {
  await expectWritable(resolve(options.out), 'folder');
  const cache = openCache(options);
  const approved = await approve(options, cache);
  const measurement = await joinShards(options, artifactsOfRun(options));
  const report = await checkMeasured(measurement, approved);
  await conclude(options, { measurement, report }, approved, cache);
}

async function joinShards(options: Options, artifacts: Artifacts): Promise<Measurement> {
  const prefix = shardPrefix(options);
  const listed = await orExplain('listed', () => artifacts.list());
  const own = listed.filter(({ name }) => name.startsWith(prefix) && /^\d+-of-\d+$/.test(name.slice(prefix.length)));
  if (own.length === 0) {
    throw new UserError(
      `this run has no artifact ${prefix}…`,
      `let jobs with the input shard and the key ${options.key} run before this one`,
    );
  }
  const folder = await mkdtemp(join(options.temporary, 'shadow-gate-shards-'));
  try {
    const paths: string[] = [];
    for (const { name, id } of own) {
      const text = (await orExplain('read', () => artifacts.read(id))).get(MEASUREMENT_FILE);
      if (text === undefined)
        throw new UserError(`artifact ${name} holds no ${MEASUREMENT_FILE}`, 'run that shard again');
      const path = join(folder, `${name}.json`);
      await writeFileAtomic(path, text);
      paths.push(path);
    }
    return await mergeFiles(paths);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Without its artifact a shard is nothing, and neither is a merge: here trouble is an error. */
async function orExplain<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const said = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 300);
    throw new UserError(
      `the shards of run ${context.runId} could not be ${what}: ${said}`,
      'run the job again; a server without artifacts can carry the files otherwise and use the command line',
    );
  }
}

const shardPrefix = (options: Options): string => `${artifactName(options)}-shard-`;
