import { type Command, Help } from 'commander';

/** Headings of a long help page, in order, with their options. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Model:': ['checkpoint', 'checkpoints', 'series', 'add', 'reference', 'adapter', 'revision'],
  'Baseline and policy:': ['baseline', 'policy', 'expect', 'calibration', 'no-calibration'],
  'Requests:': ['requests', 'output', 'rolling'],
  'Probes:': ['seed', 'order-seed', 'budget', 'chat-template', 'like', 'probes'],
  'Output:': [
    ...['out', 'model-card', 'hub-task', 'junit', 'allow-inconclusive', 'fail-on', 'json', 'quiet', 'verbose'],
  ],
  'Server:': [
    ...['endpoint', 'model', 'tokenizer', 'max-length', 'concurrency', 'timeout'],
    ...['baseline-endpoint', 'baseline-model'],
  ],
  'Logs of an evaluation:': ['lm-eval', 'inspect', 'lighteval', 'every-eval-ever', 'counts'],
  'Computation:': [
    ...['only', 'all', 'shard', 'method', 'device', 'cuda-libraries', 'max-memory', 'batch-memory', 'no-store'],
  ],
};

/** A page with more options has groups. */
const MOST_UNGROUPED = 12;

export function groupOptions({ options }: Command): void {
  if (options.filter(({ hidden }) => !hidden).length <= MOST_UNGROUPED) return;
  for (const option of options) {
    const heading = Object.keys(GROUPS).find((group) => GROUPS[group]?.includes(option.long?.slice(2) ?? ''));
    if (heading !== undefined) option.helpGroup(heading);
  }
}

/** Commander's groups in the order of GROUPS, not of the options. */
export const GROUPED_HELP: Pick<Help, 'groupItems'> = {
  groupItems: (items, visible, groupOf) => {
    const groups = new Help().groupItems(items, visible, groupOf);
    const filled = [...groups].filter(([, own]) => own.length > 0);
    return new Map(filled.sort(([a], [b]) => placeOf(a) - placeOf(b)));
  },
};

/** Options without a heading come last. */
function placeOf(heading: string): number {
  const headings = Object.keys(GROUPS);
  return headings.includes(heading) ? headings.indexOf(heading) : headings.length;
}
