import { yamlWord } from './yaml-words.ts';

interface PolicyFacts {
  readonly isAdapter: boolean;
  readonly hasReference: boolean;
  /** Whether the probes use the checkpoint's chat template; null: it has none. */
  readonly chatTemplate: boolean | null;
  /** Files that are asked in addition to the built-in suite, relative to the policy. */
  readonly benchmarks: readonly string[];
}

/** A policy file with what suits a checkpoint; everything else is in comments, with its default. */
export function policyText({ isAdapter, hasReference, chatTemplate, benchmarks }: PolicyFacts): string {
  return [
    '# The policy of Shadow Gate: what may move how far. Every key has a default, and this file changes few of them; all of them are',
    '# in docs/reference/policy.md of Shadow Gate. On a pull request the version at the base commit counts.',
    '',
    '# What the model is asked. `builtin` is 720 items at the levels that suit the model.',
    'probes:',
    '  - builtin',
    ...benchmarks.map((file) => `  - ${yamlWord(file)}`),
    ...(benchmarks.length > 0
      ? [
          '# To read your questions and their other forms: shadow-gate probes --policy shadow-gate.yml --preview 9',
          '# A baseline has the texts of these questions, unless they are private:',
          '# probes-text: omit',
        ]
      : ['  # - benchmarks/mmlu.csv # your own questions (CSV, JSONL, parquet); other forms are derived']),
    ...(chatTemplate === null
      ? []
      : [
          '',
          `# The probes are asked ${chatTemplate ? 'through' : 'without'} the checkpoint's chat template. Numbers of the two ways are not comparable: after a change here, measure`,
          '# the baseline again.',
          `chat-template: ${chatTemplate}`,
        ]),
    '',
    '# twin-accuracy:',
    '#   margin: 0.05 # a pass rules out a loss of 5 points in other forms',
    '',
    ...rules({ isAdapter, hasReference }),
    '',
  ].join('\n');
}

function rules({ isAdapter, hasReference }: Pick<PolicyFacts, 'isAdapter' | 'hasReference'>): string[] {
  if (isAdapter) {
    return [
      '# Updates of low rank have default rules of their own: an adapter that is three times as large as the approved one warns,',
      '# and one that is five times as large fails.',
      '# rules:',
      '#   - { metric: frobeniusNorm, direction: up, relative: 2 }',
    ];
  }
  if (hasReference) {
    return [
      '# How concentrated the update W − W_reference may be: the MLP ÷ attention ratio may rise by 25%.',
      '# rules:',
      '#   - { metric: mlpAttentionRatio, direction: up, relative: 0.25 }',
    ];
  }
  return [
    '# Without a reference, the weights that the checkpoint was trained from, the update itself is not measured: the default rule',
    '# for it needs the input `reference` of the workflow.',
  ];
}
