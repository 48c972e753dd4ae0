import { DOCS_URL } from '@shadow-gate/platform';

/**
 * A policy file whose other keys are comments, with their defaults.
 * @param chatTemplate whether the probes use the checkpoint's chat template; null: it has none
 */
export function policyText(chatTemplate: boolean | null): string {
  const way = chatTemplate ? 'through' : 'without';
  return [
    '# The policy of Shadow Gate: what may move how far. On a pull request the version at the base commit counts.',
    `# All keys and their defaults: ${DOCS_URL}/reference/policy.md`,
    '',
    '# What the model is asked. `builtin` is 720 items at the levels that suit the model.',
    'probes:',
    '  - builtin',
    `  # - benchmarks/mmlu.csv # your own questions: ${DOCS_URL}/how-to/own-benchmark.md`,
    ...(chatTemplate === null
      ? []
      : [
          '',
          `# The probes are asked ${way} the checkpoint's chat template. After a change here, measure the baseline again.`,
          `chat-template: ${chatTemplate}`,
        ]),
    '',
    '# twin-accuracy:',
    '#   margin: 0.05 # a pass rules out a loss of 5 points in other forms',
    '',
  ].join('\n');
}
