import { isOfAllFacts, type ProbeComparison } from '../../compare/probes/index.ts';
import { formatCount, formatEnds, formatLikelihood, formatPointsChange, formatRatio, pointsDigits } from './numbers.ts';
import { name, type Phrase, phrase, term } from './phrase.ts';

/** Suites and forms to name. */
const NAMED = 4;

const FORMS: Readonly<Record<ProbeComparison['sharpness'][number]['form'], string>> = {
  benchmark: 'exams',
  'benchmark-text': 'exams by text',
  twin: 'other forms',
  robustness: 'distracted exams',
};

/**
 * What the graded outcomes of all facts say, and at which sharpness of each model; nothing where right or wrong is all
 * that is known.
 */
export function gradedNotes({ graded, sharpness }: ProbeComparison): Phrase[] {
  const whole = graded.find(isOfAllFacts);
  if (!whole?.isGraded) return [];
  const { expected, likelihood, items } = whole;
  const accuracy = phrase`${term('expectedAccuracy', 'Expected accuracy')} ${formatPointsChange(expected.value)} (${formatEnds(expected, pointsDigits)})`;
  const texts =
    likelihood &&
    phrase`, ${term('answerLikelihood', 'answer likelihood')} ${formatLikelihood(likelihood.value)} nats per byte (${formatEnds(likelihood, formatLikelihood)})`;
  return [
    phrase`${accuracy}${texts ?? ''}, over ${formatCount(items, 'answer')} with one-sided bounds.`,
    ...sharpnessNote(sharpness),
  ];
}

function sharpnessNote(rows: ProbeComparison['sharpness']): Phrase[] {
  if (rows.length === 0) return [];
  const several = new Set(rows.map(({ suite }) => suite)).size > 1;
  const parts = rows.slice(0, NAMED).flatMap(({ suite, form, baseline, candidate }, i) => {
    const choices =
      baseline.choices === null || candidate.choices === null
        ? ''
        : `, choices × ${formatRatio(baseline.choices)} → ${formatRatio(candidate.choices)}`;
    const where = several ? phrase`${FORMS[form]} of ${name(suite)}` : phrase`${FORMS[form]}`;
    return [
      ...(i > 0 ? ['; '] : []),
      `logits × ${formatRatio(baseline.vocabulary)} → ${formatRatio(candidate.vocabulary)}${choices} on `,
      ...where,
    ];
  });
  const more = rows.length > NAMED ? '; more in the JSON report' : '';
  return [phrase`${term('sharpness', 'Sharpness')}, at which each model is compared: ${parts}${more}.`];
}
