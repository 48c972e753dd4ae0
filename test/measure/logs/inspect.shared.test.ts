import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readInspect } from '@shadow-gate/harness';
import { withZip } from '@shadow-gate/platform/files';
import { type Zippable, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { pairBenchmarks } from '../../../src/compare/benchmarks/pair.ts';
import { measureLogs } from '../../../src/measure/measure-logs.ts';
import { parseMeasurement } from '../../../src/measure/schema/read.ts';
import { fixture, readJson, temporaryFolder } from '../../fixtures.ts';

/** Logs that Inspect 0.3.285 wrote; expected.json has what it reports, by task, score and reducer. */
const own = fixture('inspect');

type Reported = Readonly<Record<string, number>>;
interface Expected {
  readonly approved: Reported;
  readonly candidate: Reported;
  readonly paired: Readonly<Record<string, number>> | null;
}
const expected = readJson<Record<string, Expected>>(join(own, 'expected.json'));

/** A log as JSON, to be damaged. */
// biome-ignore lint/suspicious/noExplicitAny: any key of a foreign file
type Json = any;

/** A copy of the candidate's logs. */
function copied(side = 'candidate') {
  const folder = join(temporaryFolder(), side);
  cpSync(join(own, side), folder, { recursive: true });
  const path = (end: string) => join(folder, readdirSync(folder).find((name) => name.endsWith(end)) ?? '');
  return { folder, capitals: path('.eval'), sums: path('.json') };
}

function edit(file: string, change: (log: Json) => void): void {
  const log = readJson<Json>(file);
  change(log);
  writeFileSync(file, JSON.stringify(log));
}

/** Write an archive again, deflated, as Inspect did until 2025. */
async function editArchive(file: string, change: (members: Map<string, Json>) => void): Promise<void> {
  const members = new Map<string, Json>();
  await withZip(file, 'copy it', async (archive) => {
    for (const member of archive.members) {
      members.set(member.name, JSON.parse((await archive.read(member)).toString('utf8')));
    }
  });
  change(members);
  const files: Zippable = Object.fromEntries(
    [...members].map(([name, json]) => [name, Buffer.from(JSON.stringify(json))]),
  );
  writeFileSync(file, zipSync(files));
}

/** The cause for which a task of one folder may not be compared with that of the fixture. */
async function causeOf(folder: string, task: string): Promise<string | undefined> {
  const { different } = pairBenchmarks(await readInspect(folder), await readInspect(join(own, 'candidate')));
  return different.find((one) => one.task === task)?.cause;
}

describe('logs of Inspect as a measurement', () => {
  it('have every metric of every score and reducer, with its standard error, to the last digit', async () => {
    for (const side of ['approved', 'candidate'] as const) {
      const { tasks } = await readInspect(join(own, side));
      const read = tasks.flatMap(({ name, metrics }) =>
        metrics.map(({ metric, filter, value, stderr }) => [`${name},${filter}`, metric, value, stderr]),
      );
      const wanted = Object.entries(expected).map(([key, sides]) => {
        const { stderr, ...mean } = sides[side];
        const [[metric, value] = []] = Object.entries(mean);
        return [key, metric, value, stderr ?? null];
      });
      expect(read).toEqual(wanted);
    }
  });

  it('are paired sample by sample, with the counts and p-values that were computed elsewhere', async () => {
    const sides = ['candidate', 'approved'].map((side) => readInspect(join(own, side)));
    const [candidate, baseline] = await Promise.all(sides);
    if (!candidate || !baseline) throw new Error('not read');
    const { tasks, different } = pairBenchmarks(candidate, baseline);
    expect(different).toEqual([]);
    for (const { name, metrics } of tasks) {
      for (const { row } of metrics) {
        const { p, bothRight, onlyBaseline, onlyCandidate, bothWrong } = row;
        const { paired = null } = expected[`${name},${row.filter}`] ?? {};
        const counts = bothRight === null ? null : { bothRight, onlyBaseline, onlyCandidate, bothWrong };
        const { p: wanted, ...wantedCounts } = paired ?? { p: null };
        expect(counts, `${name} ${row.filter}`).toEqual(paired === null ? null : wantedCounts);
        // The numbers of the mean over epochs are in expected.json of inspect-repeats.
        if (counts !== null) expect(p).toBeCloseTo(wanted ?? Number.NaN, 12);
      }
    }
    expect(tasks.map(({ name, documents, chance }) => [name, documents, chance])).toEqual([
      ['capitals', 64, 0.25],
      ['sums', 10, 0],
    ]);
  });

  it('round-trip through the schema, and keep no text', async () => {
    const measurement = await measureLogs({ kind: 'inspect', path: join(own, 'approved') });
    const text = JSON.stringify(measurement);
    expect(parseMeasurement(text, 'approved')).toEqual(measurement);
    for (const word of ['Paris', 'capital of', 'ANSWER', 'plus']) expect(text).not.toContain(word);
    expect(measurement.benchmarks).toMatchObject({ harness: 'inspect-ai', model: { name: 'drawn/approved' } });
    expect(measurement.benchmarks?.runs[0]).toMatchObject({ version: '0.3.285', time: expect.stringMatching(/^2026/) });
  });

  it('are the same in either format, and with members that are deflated or stored', async () => {
    const { folder, capitals } = copied();
    const before = await readInspect(folder);
    await editArchive(capitals, () => {});
    expect(await readInspect(folder)).toEqual(before);
    const json = capitals.replace(/eval$/, 'json');
    await editArchive(capitals, (members) => {
      const samples = [...members].filter(([name]) => name.startsWith('samples/')).map(([, sample]) => sample);
      const log = { ...members.get('header.json'), samples: samples.reverse(), reductions: null };
      writeFileSync(json, JSON.stringify(log));
    });
    rmSync(capitals);
    const { tasks } = await readInspect(folder);
    expect(tasks).toEqual(before.tasks);
  });

  it('have numbers of other scorers that are not judged, and letters that are', async () => {
    const { folder, sums } = copied();
    edit(sums, (log) => {
      for (const sample of log.samples) {
        sample.scores.judge = sample.scores.match;
        sample.scores.harm = { value: sample.scores.match.value === 'C' ? 1 : 0 };
      }
      const [mean] = log.results.scores;
      log.results.scores = ['judge', 'harm'].map((name) => ({ ...mean, name, scorer: name }));
    });
    const { tasks } = await readInspect(folder);
    const [judge, harm] = tasks.find(({ name }) => name === 'sums')?.metrics ?? [];
    expect([judge?.isGraded, harm?.isGraded]).toEqual([undefined, false]);
    expect(judge?.value).toBe(0.15);
  });

  it('have a metric that is not judged where a sample has no score: the rest is an overlap', async () => {
    const { folder, capitals } = copied();
    await editArchive(capitals, (members) => {
      members.get('samples/peru_epoch_1.json').scores.choice.value = null;
    });
    const { tasks } = pairBenchmarks(await readInspect(folder), await readInspect(join(own, 'approved')));
    expect(tasks.find(({ name }) => name === 'capitals')?.metrics.map(({ outcomes }) => outcomes)).toEqual([null]);
  });

  it('have a name with their arguments where a task was run several times', async () => {
    const { folder, sums } = copied();
    const again = sums.replace('sums', 'more');
    cpSync(sums, again);
    await expect(readInspect(folder)).rejects.toThrow(/has sums twice: in .*more_.*json and in .*sums_.*json/);
    edit(again, (log) => {
      log.eval.task_args_passed = { terms: 3, subject: 'all' };
    });
    const { tasks } = await readInspect(folder);
    expect(tasks.map(({ name }) => name)).toEqual(['capitals', 'sums (subject=all, terms=3)', 'sums']);
  });

  it('may be without samples, or have a run that failed and was finished by another', async () => {
    const { folder, sums, capitals } = copied();
    const failed = join(folder, '2026-11-25T00-00-00_sums_first.json');
    cpSync(sums, failed);
    edit(failed, (log) => {
      log.status = 'error';
    });
    await editArchive(capitals, (members) => {
      for (const name of [...members.keys()]) if (name.startsWith('samples/')) members.delete(name);
    });
    const { tasks } = await readInspect(folder);
    expect(tasks.map(({ name, documents }) => [name, documents?.length])).toEqual([
      ['capitals', undefined],
      ['sums', 10],
    ]);
    expect(await causeOf(folder, 'capitals')).toBe('samples');
  });
});

describe('tasks of Inspect that were asked in another way are not compared', () => {
  const changes: [string, string, (log: Json) => void][] = [
    ['another version', 'version', (log) => Object.assign(log.eval, { task_version: 3 })],
    ['another number of epochs', 'repeats', (log) => oneEpoch(log)],
    ['another reducer', 'scoring', (log) => Object.assign(log.eval.config, { epochs_reducer: ['mean'] })],
    ['another scorer', 'scoring', (log) => Object.assign(log.eval.scorers[0].options, { location: 'any' })],
    ['fewer samples', 'documents', (log) => without(log, 10)],
    [
      'another question',
      'documents',
      (log) => forSample(log, 4, ({ input }) => Object.assign(input[2], { content: '?' })),
    ],
    [
      'another prompt',
      'prompts',
      (log) => forSample(log, 4, ({ messages }) => Object.assign(messages[0], { content: '?' })),
    ],
    ['another target', 'targets', (log) => forSample(log, 4, (sample) => Object.assign(sample, { target: '0' }))],
    ['another solver', 'requests', (log) => Object.assign(log.plan.steps[2].params_passed, { tool_calls: 'none' })],
    ['another generation setting', 'requests', (log) => Object.assign(log.plan.config, { temperature: 0 })],
    ['another limit', 'requests', (log) => Object.assign(log.eval.config, { message_limit: 4 })],
  ];

  const forSample = (log: Json, id: number, change: (sample: Json) => void) => {
    for (const sample of log.samples) if (sample.id === id) change(sample);
  };

  /** With results that fit. */
  const without = (log: Json, id: number) => {
    log.samples = log.samples.filter((sample: Json) => sample.id !== id);
    log.results.total_samples = log.samples.length;
    for (const score of log.results.scores) {
      for (const key of ['accuracy', 'mean']) delete score.metrics[key]?.value;
    }
  };

  const oneEpoch = (log: Json) => {
    log.samples = log.samples.filter(({ epoch }: Json) => epoch === 1);
    log.results.total_samples = log.samples.length;
    log.eval.config.epochs = 1;
    for (const score of log.results.scores) score.metrics = { accuracy: { name: 'accuracy', value: null } };
  };

  it.each(changes)('%s: %s', async (_, cause, change) => {
    const { folder, sums } = copied();
    expect(await causeOf(folder, 'sums')).toBeUndefined();
    edit(sums, change);
    expect(await causeOf(folder, 'sums')).toBe(cause);
  });

  it('and those of another program are not, whatever their names are', async () => {
    const candidate = await readInspect(join(own, 'candidate'));
    const { different, tasks } = pairBenchmarks(candidate, { ...candidate, harness: 'lm-evaluation-harness' });
    expect(tasks).toEqual([]);
    expect(different.map(({ task, cause }) => [task, cause])).toEqual([
      ['capitals', 'harness'],
      ['sums', 'harness'],
    ]);
  });

  it('but how fast a run goes makes no difference', async () => {
    const { folder, sums } = copied();
    edit(sums, (log) => {
      Object.assign(log.plan.config, { max_connections: 20, max_retries: 3 });
      log.samples.reverse();
    });
    expect(await causeOf(folder, 'sums')).toBeUndefined();
  });
});

describe('logs of Inspect that cannot be believed are refused with file and member', () => {
  it('an archive that is cut off, and one with a damaged member', async () => {
    const { folder, capitals } = copied();
    const bytes = readFileSync(capitals);
    writeFileSync(capitals, bytes.subarray(0, bytes.length - 100));
    await expect(readInspect(folder)).rejects.toThrow(
      /capitals_.*\.eval cannot be read: it is not a whole zip archive/,
    );
    const start = bytes.indexOf('samples/albania_epoch_1.json') + 60;
    writeFileSync(capitals, Buffer.from(bytes).fill(0, start, start + 20));
    await expect(readInspect(folder)).rejects.toThrow(
      /\.eval cannot be read: its member samples\/albania_epoch_1\.json is/,
    );
    writeFileSync(capitals, '');
    await expect(readInspect(folder)).rejects.toThrow(/\.eval cannot be read: it is not a whole zip archive/);
  });

  it('JSON that is cut off or empty', async () => {
    const { folder, sums } = copied();
    writeFileSync(sums, readFileSync(sums, 'utf8').slice(0, 40_000));
    await expect(readInspect(folder)).rejects.toThrow(/sums_.*\.json:\d+ is not JSON, or it is cut off/);
    writeFileSync(sums, '');
    await expect(readInspect(folder)).rejects.toThrow(/sums_.*\.json:1 is empty/);
    writeFileSync(sums, 'null');
    await expect(readInspect(folder)).rejects.toThrow(/sums_.*\.json is not a log of Inspect/);
  });

  it('a sample that is there twice, is missing, lacks an epoch or ended in an error', async () => {
    const { folder, sums, capitals } = copied();
    const full = readFileSync(sums);
    edit(sums, (log) => log.samples.push(log.samples[3]));
    await expect(readInspect(folder)).rejects.toThrow(/\.json: sample 21: sample 4, epoch 1, is there twice/);
    writeFileSync(sums, full);
    edit(sums, (log) => log.samples.pop());
    await expect(readInspect(folder)).rejects.toThrow(
      /\.json: sample 10: the sample has 1 epochs, and the log is of 2/,
    );
    writeFileSync(sums, full);
    edit(sums, (log) => Object.assign(log.samples[5], { scores: {}, error: { message: 'no answer' } }));
    await expect(readInspect(folder)).rejects.toThrow(/\.json: sample 6: sample 6, epoch 1, ended in an error/);
    writeFileSync(sums, full);
    await editArchive(capitals, (members) =>
      members.set('samples/copy_epoch_1.json', members.get('samples/chad_epoch_1.json')),
    );
    await expect(readInspect(folder)).rejects.toThrow(
      /\.eval: samples\/copy_epoch_1\.json: sample chad, epoch 1, is there/,
    );
    await editArchive(capitals, (members) => {
      members.delete('samples/copy_epoch_1.json');
      members.delete('samples/cuba_epoch_1.json');
    });
    await expect(readInspect(folder)).rejects.toThrow(/\.eval has 63 samples, and its results are of 64/);
  });

  it('a run that did not end well, or has samples that were marked as invalid', async () => {
    const { folder, sums, capitals } = copied();
    for (const status of ['started', 'error']) {
      edit(sums, (log) => Object.assign(log, { status }));
      await expect(readInspect(folder)).rejects.toThrow(`of a run that did not end well (status "${status}")`);
    }
    edit(sums, (log) => Object.assign(log, { status: 'success', invalidated: true }));
    await expect(readInspect(folder)).rejects.toThrow(/sums_.* has samples that were marked as invalid/);
    edit(sums, (log) => Object.assign(log, { invalidated: false }));
    await editArchive(capitals, (members) => members.delete('header.json'));
    await expect(readInspect(folder)).rejects.toThrow(/capitals_.*\.eval is of a run .* \(status "started"\)/);
  });

  it('samples of another run, and runs of two models', async () => {
    const { folder, sums } = copied();
    const other = readJson<Json>(copied('approved').sums);
    edit(sums, (log) => Object.assign(log, { samples: other.samples }));
    await expect(readInspect(folder)).rejects.toThrow(
      /the mean of accuracy \(match\/mean\) is 0.8, and the results have 0.15/,
    );
    await expect(readInspect(own)).rejects.toThrow(/has runs of different models/);
  });

  it('another version of the format, and a folder without logs', async () => {
    const { folder, sums, capitals } = copied();
    edit(sums, (log) => Object.assign(log, { version: 1 }));
    await expect(readInspect(folder)).rejects.toThrow(
      /sums_.*\.json has version 1 of the format, and version 2 is read/,
    );
    rmSync(capitals);
    renameSync(sums, join(folder, 'logs.json'));
    await expect(readInspect(folder)).rejects.toThrow(/has no logs of Inspect/);
  });
});
