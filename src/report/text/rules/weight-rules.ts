import type { Settings } from '../../../compare/applied-policy.ts';
import type { Report } from '../../../compare/report.ts';
import { BEHAVIOR_PARTS } from '../../../measure/schema/behavior.ts';
import { formatLimit, formatPercentLimit } from '../numbers.ts';
import { phrase } from '../phrase.ts';
import { missingWeights, type RuleRow, rowOf } from '../rule-row.ts';

/** The checks of the weights that are no rules on metrics. */
export function weightRows(report: Report, policy: Settings): RuleRow[] {
  const candidate = missingWeights(report, 'candidate');
  const baseline = missingWeights(report, 'baseline');
  const { spike } = policy;
  return [
    rowOf(report, {
      check: phrase`Top-1 energy of one matrix stands out in its module type`,
      ...{ finding: 'spike', kinds: ['spike', 'group-spike'], level: spike.level, missing: candidate },
      limit: `robust z of ${formatLimit(spike['robust-z'])}, and ${formatPercentLimit(spike.share)} of the energy gained`,
    }),
    rowOf(report, {
      check: phrase`NaN and Inf`,
      ...{ finding: 'non-finite', kinds: ['non-finite'], limit: 'none', level: policy['non-finite'].level },
      missing: candidate,
    }),
    rowOf(report, {
      check: phrase`Rank loss`,
      ...{ finding: 'rank-loss', kinds: ['rank-loss', 'rank-not-checked', 'zero-rows'], missing: baseline },
      ...{ limit: 'no direction above 1% of σ₁ is lost', level: policy['rank-loss'].level },
    }),
    rowOf(report, {
      check: phrase`Something was trained`,
      ...{ finding: 'nothing-trained', kinds: ['nothing-trained'], missing: candidate },
      ...{ limit: 'a matrix differs', level: policy['nothing-trained'].level },
    }),
    rowOf(report, {
      check: phrase`More than the head was trained`,
      ...{ finding: 'only-head-trained', kinds: ['only-head-trained'], missing: candidate },
      ...{ limit: 'another matrix differs', level: policy['only-head-trained'].level },
    }),
    rowOf(report, {
      check: phrase`Merge of an adapter`,
      finding: 'merge-fault',
      kinds: ['merge-proven', 'merge-unseen', 'merge-fault', 'merge-not-finite', 'merge-other-tensors'],
      ...{ limit: 'only rounding apart from W₀ + s·BA', level: policy.merge.level, missing: 'no adapter was given' },
    }),
  ];
}

/** What accuracy does not show: how the model is used, and the size of its logits. */
export function behaviorRows(report: Report, { behavior }: Settings): RuleRow[] {
  const missing = report.baseline === null ? 'there is no baseline' : null;
  const isUnknown = report.findings.some(
    (found) => found.kind === 'behavior-not-compared' && found.what !== 'questions',
  );
  const notCompared = isUnknown ? NOT_COMPARED : missing;
  const parts = BEHAVIOR_PARTS.map((part) =>
    rowOf(report, {
      check: phrase`${WORDS[part]}`,
      ...{
        finding: 'changed-behavior',
        kinds: ['changed-behavior'],
        limit: 'as in the baseline',
        missing: notCompared,
      },
      isOwn: (found) => found.kind === 'changed-behavior' && found.part === part,
      level: behavior[part] ?? behavior.level,
    }),
  );
  const { 'logit-factor': byWeights, 'answer-factor': byAnswers } = behavior;
  return [
    ...parts,
    rowOf(report, {
      check: phrase`Size of the logits`,
      ...{ finding: 'logit-scale', kinds: ['logit-scale'], missing: notCompared },
      limit: `at most × or ÷ ${formatLimit(byWeights)} by the weights, ${formatLimit(byAnswers)} by the answers`,
      level: behavior['logit-scale'] ?? behavior.level,
    }),
  ];
}

const NOT_COMPARED = 'one side was measured without it';

const WORDS: Readonly<Record<(typeof BEHAVIOR_PARTS)[number], string>> = {
  tokenizer: 'Tokenizer',
  'special-tokens': 'Special tokens',
  'chat-template': 'Chat template',
  'generation-config': 'Generation settings',
  code: 'Code beside the weights',
};
