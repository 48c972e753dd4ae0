import { given, groupBy, UserError, VERSION } from '@shadow-gate/platform';
import { answerLimit, itemStops } from '@shadow-gate/probes';
import type { ProbeItem } from '@shadow-gate/probes/item';
import type { Suite } from '@shadow-gate/probes/suite';
import { suiteExportName } from '@shadow-gate/probes/suite';
import { stringify } from 'yaml';

/** Increased by changes that make samples of older exports unreadable. */
export const EXPORT_VERSION = 1;

/** Groups of exported tasks, for two runs: plain prompts, and messages of a chat. */
export const GROUPS = { plain: 'shadow_gate', chat: 'shadow_gate_chat' } as const;
type Group = keyof typeof GROUPS;

/** The key in a task's metadata and documents for items of this program. */
export const EXPORT_KEY = 'shadow_gate';

/** Requests of a task: choices after one prompt or after several, an answer, or the likelihood of the right one. */
export const PARTS = ['choices', 'contexts', 'answers', 'targets'] as const;
export type ExportPart = (typeof PARTS)[number];

/** The parts of an item, each asked by another task. */
export function exportParts({ question }: Pick<ProbeItem, 'question'>): readonly ExportPart[] {
  if (question.kind === 'exact') return ['answers', 'targets'];
  return [question.contexts === undefined ? 'choices' : 'contexts'];
}

interface ExportedTask {
  readonly version: typeof EXPORT_VERSION;
  readonly tool: string;
  readonly part: ExportPart;
  readonly place: number;
  readonly suite: Pick<
    Suite,
    'name' | 'version' | 'digest' | 'seed' | 'maxNewTokens' | 'twinsOf' | 'chatTemplate' | 'levels' | 'source' | 'facts'
  > & {
    readonly items: number;
    /** For a file: do measurements keep its texts? */
    readonly keepsTexts?: boolean;
  };
  readonly seed: number;
  /** The policy's setting. */
  readonly chatTemplate: boolean;
}

interface ExportedFile {
  readonly name: string;
  readonly text: string;
}

interface ExportOptions {
  readonly seed: number;
  readonly chatTemplate: boolean;
  /** The folder in the task files: relative to the working directory of lm_eval, or absolute. */
  readonly folder: string;
}

/**
 * Suites as tasks of lm-evaluation-harness, in YAML and JSONL files: every form of every item, asked as here. The
 * documents suffice to read their samples as answers.
 * @throws UserError for a suite with sampled answers, must-pass questions or requests to refuse
 */
export function exportTasks(suites: readonly Suite[], options: ExportOptions): ExportedFile[] {
  const sampled = suites.find(({ sampling }) => sampling !== undefined);
  if (sampled) {
    throw new UserError(
      `the answers to ${sampled.name} are sampled, and a task takes one of each`,
      'leave out samples, or ask the model here',
    );
  }
  const apart = suites.find(({ role }) => role !== undefined);
  if (apart) {
    throw new UserError(
      `${apart.name} has ${apart.role === 'refusal' ? 'requests to refuse' : 'must-pass questions'}, which the samples of a task do not judge`,
      'take it out of the policy of this export, or ask the model here',
    );
  }
  const tasks = suites.flatMap((suite, place) => tasksOf(suite, place, options));
  const groups = (['plain', 'chat'] as const).flatMap((group) => {
    const names = tasks.filter((task) => task.group === group).map(({ name }) => name);
    const config = { group: GROUPS[group], task: names, metadata: { version: EXPORT_VERSION } };
    return names.length === 0 ? [] : [{ name: `${GROUPS[group]}.yaml`, text: stringify(config, { lineWidth: 0 }) }];
  });
  return [
    ...tasks.flatMap(({ name, config, documents }) => [
      { name: `${name}.yaml`, text: stringify(config, { lineWidth: 0 }) },
      { name: `${name}.jsonl`, text: documents.map((document) => `${JSON.stringify(document)}\n`).join('') },
    ]),
    ...groups,
  ];
}

interface Task {
  readonly name: string;
  readonly group: Group;
  readonly config: object;
  readonly documents: readonly object[];
}

interface Asked {
  readonly group: Group;
  readonly part: ExportPart;
  /** Keys of the task's configuration that depend on the item: items with the same ones are one task. */
  readonly config: object;
  readonly document: object;
}

function tasksOf(suite: Suite, place: number, options: ExportOptions): Task[] {
  const stem = `${place + 1}_${slug(suiteExportName(suite))}`;
  const chatTemplate = suite.chatTemplate ?? options.chatTemplate;
  const asked = suite.items.flatMap((item, i) => askedParts(item, i, { chatTemplate, suite }));
  const groups = [...groupBy(asked, ({ group, part, config }) => JSON.stringify([group, part, config])).values()];
  const numbers = new Map<string, number>();
  return groups.map((members): Task => {
    const [{ group, part, config }] = members as [Asked];
    const own = `${GROUPS[group]}_${stem}_${part}`;
    const number = (numbers.get(own) ?? 0) + 1;
    numbers.set(own, number);
    const name = number === 1 ? own : `${own}_${number}`;
    return {
      name,
      group,
      documents: members.map(({ document }) => document),
      config: {
        task: name,
        dataset_path: 'json',
        dataset_kwargs: { data_files: { test: `${options.folder}/${name}.jsonl` } },
        test_split: 'test',
        num_fewshot: 0,
        ...CONFIGS[part],
        ...config,
        metadata: { version: EXPORT_VERSION, [EXPORT_KEY]: describe(suite, { part, place }, options) },
      },
    };
  });
}

function describe(
  suite: Suite,
  { part, place }: Pick<ExportedTask, 'part' | 'place'>,
  { seed, chatTemplate }: ExportOptions,
): ExportedTask {
  const { name, version, digest, maxNewTokens, twinsOf, levels, facts, source, texts } = suite;
  const identity = { name, version, digest, seed: suite.seed, items: suite.items.length, maxNewTokens };
  const more = { twinsOf, chatTemplate: suite.chatTemplate, levels, facts, source, keepsTexts: texts?.kept };
  const described = { ...identity, ...given(more) };
  return { version: EXPORT_VERSION, tool: VERSION, part, place, suite: described, seed, chatTemplate };
}

const mean = (metric: string) => ({ metric, aggregation: 'mean', higher_is_better: true });

/** Fields have no templates, so braces in a text are text. */
const CONFIGS: Readonly<Record<ExportPart, object>> = {
  choices: {
    output_type: 'multiple_choice',
    doc_to_text: 'prompt',
    doc_to_choice: 'choices',
    doc_to_target: 'answer',
    metric_list: [mean('acc'), mean('acc_norm')],
  },
  contexts: {
    output_type: 'multiple_choice',
    doc_to_text: 'answer',
    doc_to_choice: 'contexts',
    doc_to_target: 'ending',
    target_delimiter: '',
    metric_list: [mean('acc')],
  },
  answers: {
    output_type: 'generate_until',
    doc_to_text: 'prompt',
    doc_to_target: 'target',
    metric_list: [mean('exact_match')],
  },
  targets: {
    output_type: 'loglikelihood',
    doc_to_text: 'prompt',
    doc_to_target: 'target',
    metric_list: [mean('acc')],
  },
};

function askedParts(
  item: ProbeItem,
  place: number,
  { chatTemplate, suite }: { readonly chatTemplate: boolean; readonly suite: Suite },
): Asked[] {
  const { prompt, question, verbatim } = item;
  const group = chatTemplate && verbatim === undefined ? 'chat' : 'plain';
  // In the order of keys that the digest of the suite depends on.
  const record = { [EXPORT_KEY]: JSON.stringify({ place, ...item, prompt: '' }) };
  if (question.kind === 'exact') {
    // The harness adds no delimiter before the text of a log-likelihood, and a message of a chat needs none.
    const target = `${group === 'chat' ? '' : (question.delimiter ?? ' ')}${question.target}`;
    const limits = { until: itemStops(item), max_gen_toks: answerLimit(item, suite), do_sample: false };
    const generated = { prompt, target: question.target, ...record };
    return [
      { group, part: 'answers', config: { generation_kwargs: limits }, document: generated },
      { group, part: 'targets', config: {}, document: { prompt, target, ...record } },
    ];
  }
  const { choices, answer, contexts, ending = '', delimiter = ' ' } = question;
  if (contexts !== undefined) {
    return [{ group, part: 'contexts', config: {}, document: { prompt, contexts, ending, answer, ...record } }];
  }
  const document = { prompt, choices, answer, ...record };
  return [{ group, part: 'choices', config: { target_delimiter: delimiter }, document }];
}

/** Part of a task's name, after a number that makes it unique. */
function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 40);
}
