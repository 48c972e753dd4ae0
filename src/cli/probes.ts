import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { exportTasks, GROUPS } from '@shadow-gate/harness/export';
import { openCheckpointSource } from '@shadow-gate/language-model';
import { UserError } from '@shadow-gate/platform';
import { expectWritable, writeFileAtomic } from '@shadow-gate/platform/files';
import { toJsonl } from '@shadow-gate/probes/files';
import { stratifiedSample } from '@shadow-gate/probes/random';
import { type Suite, suiteExportName } from '@shadow-gate/probes/suite';
import { type Command, Option } from 'commander';
import { LEAST_FACTS, PLANNED_DISCORDANCE, plannedDrop, unitsOf } from '../compare/probes/index.ts';
import { readLike } from '../gate/like.ts';
import { SECRET_SEED } from '../gate/option-values.ts';
import { resolveSeed, selectProbes } from '../gate/select-probes.ts';
import { type ExpectedRun, expectProbes } from '../measure/index.ts';
import type { ProbeRunOptions } from '../measure/options.ts';
import { findPolicy, type ResolvedPolicy } from '../policy/load.ts';
import { printable } from '../report/escape.ts';
import { renderItems, renderSuites, renderTextSuites, wrap } from '../report/terminal/index.ts';
import {
  budgetSentence,
  chosenLevels,
  formatCount,
  formatEstimate,
  layersSentence,
  plain,
  plannedSentence,
} from '../report/text/index.ts';
import { PROBES_EXAMPLES } from './help.ts';
import {
  type DeviceOptions,
  deviceOptions,
  type ModelMemoryOptions,
  modelMemoryOption,
  parseCountOption,
  parseSeedOption,
  parseTimeOption,
  policyOption,
} from './options.ts';
import type { Output } from './output.ts';
import { isSecret } from './settings.ts';

type PublicProbes = ProbeRunOptions & { readonly seed: number };

interface ProbesOptions extends DeviceOptions, ModelMemoryOptions {
  policy?: string;
  seed?: number | 'rotate';
  preview?: number;
  family?: string;
  export?: string[];
  like?: string;
  checkpoint?: string;
  reference?: string;
  /** In seconds. */
  budget?: number;
}

export function addProbesCommand(program: Command, output: Output): void {
  const command = policyOption(program.command('probes').description('list, preview or export the probe items'))
    .option('--seed <n|rotate>', 'seed of the built-in suite and of derived forms', parseSeedOption)
    .option('--family <name>', 'only the items of one family')
    .addOption(
      new Option('--preview [n]', 'print n items, 6 by default, each exam question before its other forms')
        .preset('6')
        .argParser(parseCountOption),
    )
    .option(
      '--export <[lm-eval] dir...>',
      'write each suite to a JSONL file in this folder, or all as tasks of lm-evaluation-harness',
    )
    .option('--like <file>', 'with --export lm-eval: take the seed and the levels of another measurement')
    .option('--checkpoint <path>', 'also estimate how long the probes take on this model')
    .option('--reference <path>', 'base model of an adapter')
    .option('--budget <time>', 'estimate how many items fit this time, such as 60s', parseTimeOption);
  modelMemoryOption(deviceOptions(command, 'where to compute'))
    .addHelpText('after', PROBES_EXAMPLES)
    .action((options: ProbesOptions) => runProbes(options, output));
}

async function runProbes(options: ProbesOptions, output: Output): Promise<void> {
  if (isSecret(output)) {
    throw new UserError(
      `${SECRET_SEED} is set, and this command would show the questions that it draws`,
      'unset it for public ones',
    );
  }
  const like = options.like === undefined ? undefined : await readLike(options.like);
  if (like && options.seed !== undefined)
    throw new UserError(`--like takes the seed of ${options.like}`, 'leave out --seed');
  if (typeof like?.seed === 'string') {
    throw new UserError(`a secret drew the questions of ${options.like}`, 'give a measurement with public ones');
  }
  const seed = like?.seed ?? resolveSeed(options.seed);
  const resolved = await findPolicy(options.policy);
  const selection = await selectProbes(resolved, { seed, like, chatTemplate: like?.chatTemplate });
  if (!selection) throw new UserError('the policy lists no probe suites', 'add some under probes');
  const suites = selection.suites.map((suite) => onlyFamily(suite, options.family));
  if (suites.every(({ items }) => items.length === 0)) {
    const families = [...new Set(selection.suites.flatMap(({ items }) => items.map(({ family }) => family)))];
    throw new UserError(`there is no family ${JSON.stringify(options.family)}`, `choose one of ${families.join(', ')}`);
  }
  if (options.export !== undefined) return runExport(options, { ...selection, suites, seed }, output);
  if (options.preview !== undefined) {
    const items = stratifiedSample(
      suites.flatMap((suite) => suite.items),
      seed,
    ).flat();
    output.print(renderItems(items.slice(0, options.preview), output.terminal));
    return;
  }
  output.print(renderSuites(suites, seed, output.terminal));
  if (selection.texts) output.print(renderTextSuites(selection.texts));
  for (const { warnings, name } of suites) output.warnFew(warnings, `about ${printable(name)}`);
  const { checkpoint } = options;
  if (checkpoint !== undefined) {
    await printEstimate({ ...options, checkpoint }, { ...selection, suites }, { resolved, output });
  }
}

/** Print how long the probes take on a model, and the effect that they can detect. */
async function printEstimate(
  { checkpoint, reference, device, budget, maxMemory: memoryLimit }: ProbesOptions & { checkpoint: string },
  selection: ProbeRunOptions,
  { resolved, output }: { readonly resolved: ResolvedPolicy; readonly output: Output },
): Promise<void> {
  const source = await openCheckpointSource({ checkpoint, reference, device, memoryLimit });
  const { by, items, suites, layers, ...time } = await output.withProgress((onProgress) =>
    expectProbes(source, { ...selection, budgetSeconds: budget ?? null }, onProgress),
  );
  const benchmarks = items.filter(({ form }) => form === 'benchmark');
  const facts = benchmarks.length;
  const drop = plannedDrop(unitsOf(benchmarks, ({ passage }) => passage).length, resolved.policy);
  const levels = suites.flatMap((suite) => suite.levels ?? []).filter(({ count }) => count > 1);
  const isAll = budget === undefined && levels.length === 0;
  const what = isAll ? 'all of these items' : `${items.length.toLocaleString('en-US')} of these items`;
  const sentences = [
    `Running ${what} on ${printable(checkpoint)} takes ${formatEstimate(time.seconds)} ${printable(by)}.`,
    ...(layers === null ? [] : [layersSentence(layers)]),
    ...(levels.length > 0 && layers === null ? [plain(chosenLevels(levels))] : []),
    ...(budget === undefined ? [] : [plain(budgetSentence(useOf(budget, facts, { ...time, items, suites })))]),
    ...(drop === null ? [] : [plain(plannedSentence({ facts, mde: drop, discordance: PLANNED_DISCORDANCE }, facts))]),
  ];
  const lines = wrap(sentences.join(' '), output.terminal.width - 2).map((line) => `  ${line}`);
  output.print(`\n${lines.join('\n')}`);
}

function useOf(
  budget: number,
  facts: number,
  { items, suites, allSeconds, spentSeconds }: Omit<ExpectedRun, 'by' | 'seconds' | 'layers'>,
) {
  const size = suites.reduce((sum, suite) => sum + suite.items.length, 0);
  const all = Math.round((facts * size) / items.length);
  const leastSeconds = spentSeconds + (allSeconds * Math.min(LEAST_FACTS, all)) / all;
  return { seconds: budget, facts, least: LEAST_FACTS, leastSeconds, all, allSeconds: spentSeconds + allSeconds };
}

function onlyFamily(suite: Suite, family: string | undefined): Suite {
  if (family === undefined) return suite;
  const isOwn = (item: { readonly family: string }) => item.family === family;
  return {
    ...suite,
    items: suite.items.filter(isOwn),
    ...(suite.pilot && { pilot: suite.pilot.filter(isOwn) }),
    ...(suite.levels && { levels: suite.levels.filter(isOwn) }),
  };
}

async function runExport(
  { export: given = [], family }: Pick<ProbesOptions, 'export' | 'family'>,
  selection: PublicProbes,
  output: Output,
): Promise<void> {
  const [first = '', second, ...more] = given;
  if (second === undefined) return exportSuites(selection.suites, first, output);
  if (first === 'lm-eval' && more.length === 0) return exportForLmEval({ folder: second, family }, selection, output);
  throw new UserError('--export takes a folder, or lm-eval and a folder', "write '--export lm-eval DIR'");
}

async function exportForLmEval(
  { folder, family }: { readonly folder: string; readonly family: string | undefined },
  selection: PublicProbes,
  output: Output,
): Promise<void> {
  const { suites, seed, chatTemplate } = selection;
  if (family !== undefined) throw new UserError('--export lm-eval writes whole suites', 'leave out --family');
  const open = suites.find(({ levels = [] }) => levels.some(({ asked }) => asked === null));
  if (open) {
    throw new UserError(
      `the levels of ${JSON.stringify(open.name)} that suit a model are found by asking it`,
      'give the measurement of a baseline with --like, or leave the suite out of the policy',
    );
  }
  await expectWritable(folder, 'folder');
  const files = exportTasks(
    suites.filter(({ items }) => items.length > 0),
    { seed, chatTemplate, folder },
  );
  await expectNoSource(
    files.map(({ name }) => join(folder, name)),
    suites,
  );
  for (const { name, text } of files) await writeFileAtomic(join(folder, name), text);
  const items = suites.reduce((sum, suite) => sum + suite.items.length, 0);
  output.print(`wrote ${formatCount(items, 'item')} as tasks of lm-evaluation-harness: ${printable(folder)}`);
  for (const [group, option] of [
    [GROUPS.plain, ''],
    [GROUPS.chat, ' --apply_chat_template'],
  ] as const) {
    if (!files.some(({ name }) => name === `${group}.yaml`)) continue;
    output.print(
      `run lm_eval with: --include_path ${printable(folder)} --tasks ${group}${option} --log_samples --output_path LOGS`,
    );
  }
}

/** Suites without an item of the chosen family are not written. */
async function exportSuites(suites: readonly Suite[], folder: string, output: Output): Promise<void> {
  await expectWritable(folder, 'folder');
  const files = new Map<string, Suite>();
  for (const suite of suites.filter(({ items }) => items.length > 0)) {
    if (suite.role === 'refusal') {
      output.print(`${printable(suite.name)} is asked as it is written: it is not exported`);
      continue;
    }
    const file = join(folder, `${suiteExportName(suite)}.jsonl`);
    const other = files.get(file);
    if (other) {
      throw new UserError(`${file} would hold both ${other.name} and ${suite.name}`, 'rename one of the two');
    }
    files.set(file, suite);
  }
  await expectNoSource([...files.keys()], suites);
  for (const [file, { items }] of files) {
    await writeFileAtomic(file, toJsonl(items));
    output.print(`wrote ${formatCount(items.length, 'item')}: ${printable(file)}`);
  }
}

/** An exported file must not replace its source: it has derived twins, and lacks keys of the source. */
async function expectNoSource(files: readonly string[], suites: readonly Suite[]): Promise<void> {
  const real = (path: string) => realpath(path).catch(() => null);
  const sources = await Promise.all(suites.map(({ path }) => path && real(path)));
  for (const file of files) {
    const target = await real(file);
    if (target !== null && sources.includes(target)) {
      throw new UserError(`${file} is a probe file of the policy and would be replaced`, 'export to another folder');
    }
  }
}
