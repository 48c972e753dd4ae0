import { readdirSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { repository } from '../fixtures.ts';
import { cacheArchive } from './results/cache-archive.ts';
import { annotations, levels, useRig, WARN, WEIGHTS } from './rig.ts';
import { BASE_SHA, HEAD_SHA, MERGE_GROUP, type Outcome, PUSH, SCHEDULE } from './run-action.ts';

const rig = useRig();

const BROKEN = { ...WEIGHTS, checkpoint: 'broken' };
const FOREIGN = { ...WEIGHTS, checkpoint: repository('examples', 'base') };
const POLICY = 'shadow-gate.yml';

const measurementOf = async ({ outputs }: Outcome) => readFile(outputs.measurement ?? '', 'utf8');

describe('the cache', () => {
  const measuredAt = async (outcome: Outcome) => JSON.parse(await measurementOf(outcome)).run.time;
  const entries = () => rig.results.cache.all.filter(({ key }) => key.startsWith('shadow-gate-measurement/'));

  it('a checkpoint that a run on the default branch has measured is not measured again; a pull request saves nothing', async () => {
    await rig.gate(WARN);
    expect(rig.results.cache.all).toEqual([]);
    const first = await rig.gate(WARN, { event: PUSH });
    expect(entries(), first.log).toHaveLength(1);
    const pull = await rig.gate({ ...WARN, baseline: 'model' });
    expect(await measuredAt(pull), pull.log).toBe(await measuredAt(first));
    expect(pull.outputs.verdict).toBe('pass');
    expect(levels(pull)).toEqual(['notice']);
    // Another checkpoint and other settings are other entries.
    expect(await measuredAt(await rig.gate(FOREIGN))).not.toBe(await measuredAt(first));
    expect(await measuredAt(await rig.gate({ ...WARN, reference: 'model' }))).not.toBe(await measuredAt(first));
    expect(await measuredAt(await rig.gate({ ...WARN, cache: 'off' }))).not.toBe(await measuredAt(first));
    await rig.gate(WARN, { event: SCHEDULE });
    expect(entries()).toHaveLength(1);
    // Probes with a new seed are never run again.
    await rig.gate({ ...WARN, baseline: 'broken', 'fail-on': 'never' }, { event: SCHEDULE });
    expect(entries()).toHaveLength(1);
  });

  it('a process that is killed while an entry is saved or fetched leaves nothing in the workspace, and a file there is not ours', async () => {
    const NAME = '.shadow-gate-cached-measurement.json';
    const during: string[] = [];
    rig.results.onRequest = (line) => {
      if (/CacheService|blob/.test(line)) during.push(...readdirSync(rig.path()).filter((name) => name === NAME));
    };
    const first = await rig.gate(WARN, { event: PUSH });
    expect(await measuredAt(await rig.gate(WARN)), first.log).toBe(await measuredAt(first));
    expect(rig.results.requests.filter((line) => line.includes('CacheEntry')).length).toBeGreaterThan(3);
    expect(during).toEqual([]);
    // As an earlier version has left it.
    await writeFile(rig.path(NAME), 'mine');
    const second = await rig.gate(WARN);
    expect(await measuredAt(second), second.log).toBe(await measuredAt(first));
    expect(await readFile(rig.path(NAME), 'utf8')).toBe('mine');
  });

  it('a cache entry that a pull request has forged is used by no run', async () => {
    const first = await rig.gate(WARN, { event: PUSH });
    const [entry] = entries();
    const forged = JSON.parse(await measurementOf(first));
    forged.run.host = 'forged';
    const bytes = await cacheArchive({ '.shadow-gate-cached-measurement.json': JSON.stringify(forged) });
    rig.results.cache.put({
      ...entry,
      key: entry?.key ?? '',
      version: entry?.version ?? '',
      ref: 'refs/pull/7/merge',
      bytes,
    });
    for (const event of [undefined, MERGE_GROUP, PUSH]) {
      const outcome = await rig.gate(WARN, event ? { event } : {});
      expect(JSON.parse(await measurementOf(outcome)).run.host, outcome.log).not.toBe('forged');
    }
  });

  it.each([
    [
      'another checkpoint',
      (json: object) => ({
        ...json,
        checkpoint: { ...('checkpoint' in json ? (json.checkpoint as object) : {}), digest: 'sha256:0' },
      }),
    ],
    ['a summary that does not follow', (json: object) => ({ ...json, groups: [] })],
    ['a shard', (json: object) => ({ ...json, shard: { index: 1, count: 2, spectra: null, probes: null } })],
    ['no measurement', () => ({ schema: 'shadow-gate/measurement@1', verdict: 'pass' })],
  ])('a cache entry with %s is not used', async (_what, edit) => {
    const first = await rig.gate(WARN, { event: PUSH });
    const [entry] = entries();
    if (!entry) throw new Error('nothing was saved');
    const text = JSON.stringify(edit(JSON.parse(await measurementOf(first))));
    rig.results.cache.poison(entry, await cacheArchive({ '.shadow-gate-cached-measurement.json': text }));
    const second = await rig.gate(WARN);
    expect(second.outputs.verdict, second.log).toBe('warn');
    expect(await measuredAt(second)).not.toBe(await measuredAt(first));
  });

  it('a checkpoint with another tokenizer is measured again, and one whose probes could not run is not cached', async () => {
    await cp(repository('examples', 'base'), rig.path('base'), { recursive: true });
    const inputs = { checkpoint: 'base', only: 'probes', policy: repository('examples', 'shadow-gate.yml') };
    const first = await rig.gate(inputs, { event: PUSH });
    expect(await measuredAt(await rig.gate(inputs)), first.log).toBe(await measuredAt(first));
    const generation = rig.path('base', 'generation_config.json');
    await writeFile(generation, JSON.stringify({ eos_token_id: 5 }));
    expect(await measuredAt(await rig.gate(inputs))).not.toBe(await measuredAt(first));
    await rm(generation, { force: true });
    const tokenizer = rig.path('base', 'tokenizer.json');
    await writeFile(tokenizer, (await readFile(tokenizer, 'utf8')).replaceAll('"<unk>"', '"<other>"'));
    expect(await measuredAt(await rig.gate(inputs))).not.toBe(await measuredAt(first));
    const kept = entries().length;
    const { only: _, ...whole } = WARN;
    await rig.gate(whole, { event: PUSH });
    expect(entries()).toHaveLength(kept);
  });

  it('a cache that fails, or that the token may not list, costs only time: no annotation', async () => {
    await rig.gate(WARN, { event: PUSH });
    rig.github.faults.push({ request: /actions\/caches/, status: 403 });
    expect(levels(await rig.gate(WARN))).toEqual(['warning']);
    rig.github.faults.length = 0;
    rig.results.faults.push({ request: /CacheService/, status: 403 });
    for (const event of [undefined, PUSH]) {
      const outcome = await rig.gate({ ...WARN, key: 'other' }, event ? { event } : {});
      expect(outcome.outputs.verdict, outcome.log).toBe('warn');
      expect(levels(outcome)).toEqual(['warning']);
    }
  });

  it('the cache provides the baseline only if the policy says so, for each key, and never one that failed', async () => {
    await rig.gate(WARN, { event: PUSH });
    await rig.gate({ ...BROKEN, key: 'other' }, { event: PUSH });
    expect((await rig.gate(WARN)).outputs.verdict).toBe('warn');
    rig.github.files.set(`${BASE_SHA}:${POLICY}`, 'baseline: cache\n');
    const outcome = await rig.gate(WARN);
    expect(outcome.outputs.verdict, outcome.log).toBe('pass');
    expect(rig.github.comments[0]?.body).toContain(`as of commit [<code>${HEAD_SHA.slice(0, 7)}</code>`);
    expect((await rig.gate({ ...WARN, key: 'other' })).outputs.verdict).toBe('warn');
    const off = await rig.gate({ ...WARN, cache: 'off' });
    expect(annotations(off)[0]?.message).toMatch(/^the policy says baseline: cache, and the input cache is off/);
  });

  it('a baseline in the cache that the pull request may have written is an error', async () => {
    rig.github.files.set(`${BASE_SHA}:${POLICY}`, 'baseline: cache\n');
    const first = await rig.gate(WARN, { event: PUSH });
    const [entry] = rig.results.cache.all.filter(({ key }) => key.startsWith('shadow-gate-baseline/'));
    if (!entry) throw new Error('nothing was saved');
    const bytes = await cacheArchive({ '.shadow-gate-cached-measurement.json': await measurementOf(first) });
    rig.results.cache.put({ ...entry, key: `${entry.key}9`, ref: 'refs/pull/7/merge', bytes });
    // An entry of another pull request is not found, and must not cost this one its baseline.
    const [elsewhere] = rig.results.cache.all.slice(-1);
    if (elsewhere) Object.assign(elsewhere, { ref: 'refs/pull/8/merge' });
    const outcome = await rig.gate(WARN);
    expect(outcome.outputs.verdict, outcome.log).toBe('pass');
    if (elsewhere) Object.assign(elsewhere, { ref: 'refs/pull/7/merge' });
    const poisoned = await rig.gate(WARN);
    expect(poisoned.code).toBe(1);
    expect(poisoned.outputs).toEqual({});
    expect(annotations(poisoned)[0]?.message).toMatch(/^the baseline, .* could not be read: the change itself/);
  });

  it('a baseline in the cache that cannot be read is an error, not a verdict without a baseline', async () => {
    await rig.gate(WARN, { event: PUSH });
    rig.github.files.set(`${BASE_SHA}:${POLICY}`, 'baseline: cache\n');
    await writeFile(rig.path(POLICY), 'baseline: cache\n');
    rig.results.faults.push({ request: /CacheService/, status: 403 });
    for (const event of [undefined, PUSH]) {
      const outcome = await rig.gate(WARN, event ? { event } : {});
      expect(annotations(outcome)[0]?.message, outcome.log).toMatch(/none of its entries could be fetched/);
      expect(outcome.outputs).toEqual({});
    }
    rig.results.faults.length = 0;
    rig.github.faults.push({ request: /actions\/caches/, status: 403, message: 'Resource not accessible' });
    expect(annotations(await rig.gate(WARN))[0]?.message).toMatch(/Resource not accessible.*actions: read/);
  });
});

describe('single spectra in the cache', () => {
  const recalled = async (outcome: Outcome) => JSON.parse(await measurementOf(outcome)).run.recalledSpectra;
  const bundles = () => rig.results.cache.all.filter(({ key }) => key.startsWith('shadow-gate-spectra/'));

  it('a checkpoint that changed one of eight matrices costs one spectrum, in a scheduled check too', async () => {
    await rig.gate(WARN, { event: PUSH });
    expect(bundles()).toHaveLength(1);
    expect(await recalled(await rig.gate(BROKEN))).toBe(7);
    expect(await recalled(await rig.gate({ ...BROKEN, seed: 'rotate', baseline: 'model' }, { event: SCHEDULE }))).toBe(
      7,
    );
    expect(bundles()).toHaveLength(2);
    expect(await recalled(await rig.gate({ ...BROKEN, cache: 'off' }))).toBe(0);
  });

  it('cached spectra that the change has written, or of a damaged bundle, are not used', async () => {
    await rig.gate(WARN, { event: PUSH });
    const [entry] = bundles();
    if (!entry) throw new Error('nothing was saved');
    const bytes = rig.results.cache.bytesOf(entry);
    rig.results.cache.put({ ...entry, key: `${entry.key}9`, ref: 'refs/pull/7/merge', bytes });
    expect(await recalled(await rig.gate(BROKEN))).toBe(0);
    rig.results.cache.poison(entry, await cacheArchive({ '.shadow-gate-cached-measurement.json': '{"a": 1}' }));
    expect(await recalled(await rig.gate(BROKEN, { event: PUSH }))).toBe(0);
  });
});
