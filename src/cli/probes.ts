import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { PLANNED_DISCORDANCE, plannedDrop } from '../compare/probes/minimum-detectable-drop.ts';
import { type ProbeSelection, resolveSeed, selectProbes } from '../gate/select-probes.ts';
import { expectProbes } from '../measure/measure-probes.ts';
import type { ProbeRunOptions, SeedChoice } from '../measure/options.ts';
import type { DeviceChoice } from '../onnx/device.ts';
import { UserError } from '../platform/user-error.ts';
import { expectWritable, writeFileAtomic } from '../platform/write-file.ts';
import { findPolicy, type ResolvedPolicy } from '../policy/load.ts';
import { toJsonl } from '../probes/files/write-suite.ts';
import type { ProbeItem } from '../probes/item.ts';
import { stratifiedFacts } from '../probes/sample.ts';
import type { Suite } from '../probes/suite.ts';
import { printable } from '../report/escape.ts';
import { plannedSentence } from '../report/markdown/probe-table.ts';
import { renderItems, renderSuites } from '../report/terminal/probe-items.ts';
import { wrap } from '../report/terminal/wrap.ts';
import { formatDuration } from '../report/text/numbers.ts';
import { PROBES_EXAMPLES } from './help.ts';
import { device, parseCount, seedArgument, timeArgument } from './options.ts';
import { print, terminal } from './output.ts';

interface ProbesOptions {
  policy?: string;
  seed?: SeedChoice;
  preview?: number;
  family?: string;
  export?: string;
  checkpoint?: string;
  reference?: string;
  budget?: number;
  device: DeviceChoice;
}

export function addProbesCommand(shadowGate: Command): void {
  shadowGate
    .command('probes')
    .description('show what the probes ask, or write it to files')
    .option('--preview <n>', 'print n items, each benchmark form before its twins', parseCount)
    .option('--family <name>', 'of one family only')
    .option('--export <dir>', 'write each suite as a JSONL file')
    .option('--checkpoint <path>', 'also say how long it takes to ask this model')
    .option('--reference <path>', 'the base model of an adapter')
    .option('--budget <time>', 'and how much of it fits into this time, such as 60s', timeArgument)
    .option('--policy <file>', 'policy file, whose suites are meant (default: shadow-gate.yml if it is there)')
    .option('--seed <n|rotate>', 'of the built-in suite and of derived twins', seedArgument)
    .addOption(device('where to compute'))
    .addHelpText('after', PROBES_EXAMPLES)
    .action(runProbes);
}

async function runProbes(options: ProbesOptions): Promise<void> {
  const seed = resolveSeed(options.seed);
  const wishes: ProbeSelection = { seed };
  const found = await findPolicy(options.policy);
  const order = await selectProbes(found, wishes);
  if (!order) throw new UserError('the policy has no suites', 'name some under probes');
  const suites = order.suites.map((suite) => ofFamily(suite, options.family));
  if (suites.every(({ items }) => items.length === 0)) {
    const families = [...new Set(order.suites.flatMap(({ items }) => items.map(({ family }) => family)))];
    throw new UserError(`there is no family ${JSON.stringify(options.family)}`, `families: ${families.join(', ')}`);
  }
  if (options.export !== undefined) return exportSuites(suites, options.export);
  if (options.preview !== undefined) {
    const items = suites.flatMap(({ items }) => items);
    print(renderItems(stratifiedFacts(items, seed).flat().slice(0, options.preview), terminal()));
    return;
  }
  print(renderSuites(suites, seed, terminal()));
  const { checkpoint } = options;
  if (checkpoint !== undefined) await sayHowLong({ ...options, checkpoint }, { ...order, suites }, found);
}

/** What asking takes, and what effect so many facts find. */
async function sayHowLong(
  { checkpoint, reference, device, budget }: ProbesOptions & { checkpoint: string },
  order: ProbeRunOptions,
  { policy }: ResolvedPolicy,
): Promise<void> {
  const subject = { kind: 'checkpoint', checkpoint, reference, device } as const;
  const { seconds, by, items } = await expectProbes(subject, { ...order, budgetSeconds: budget ?? null });
  const facts = items.filter(({ form }) => form === 'benchmark').length;
  const mde = plannedDrop(facts, policy);
  const what = budget === undefined ? 'all of this' : `${items.length} of these items`;
  const found = mde === null ? '' : ` ${plannedSentence(facts, mde, PLANNED_DISCORDANCE)}`;
  const text = `Asking ${printable(checkpoint)} ${what} takes about ${formatDuration(seconds)} ${printable(by)}.${found}`;
  const { width } = terminal();
  print(
    `\n${wrap(text, width - 2)
      .map((line) => `  ${line}`)
      .join('\n')}`,
  );
}

function ofFamily(suite: Suite, family: string | undefined): Suite {
  const isWanted = (item: ProbeItem) => family === undefined || item.family === family;
  return { ...suite, items: suite.items.filter(isWanted) };
}

/** Suites of which the family has no item are left out. */
async function exportSuites(suites: readonly Suite[], folder: string): Promise<void> {
  await expectWritable(folder, 'folder');
  const files = new Map<string, Suite>();
  for (const suite of suites.filter(({ items }) => items.length > 0)) {
    const file = join(folder, `${suite.name.replace(/\.[^.]*$/, '')}.jsonl`);
    const other = files.get(file);
    if (other) {
      throw new UserError(`${file} would hold both ${other.name} and ${suite.name}`, 'rename one of the two');
    }
    files.set(file, suite);
  }
  await expectNoSource([...files.keys()], suites);
  for (const [file, { items }] of files) {
    await writeFileAtomic(file, toJsonl(items));
    print(`wrote ${items.length} items: ${printable(file)}`);
  }
}

/** A suite that is read again is not what was written: its twins are derived, its other keys gone. */
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
