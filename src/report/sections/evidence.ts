import type { TokenChanges } from '../../compare/probes/index.ts';
import type { ProbeReport } from '../../compare/report.ts';
import { numberColumns, type Table } from '../document/block.ts';
import { reachedText } from '../text/instruments.ts';
import {
  formatInteger,
  formatLikelihood,
  formatMeasured,
  formatPointsEstimate,
  formatProbability,
  formatRatio,
  NO_NUMBER,
} from '../text/numbers.ts';
import { name, phrase, prose, term } from '../text/phrase.ts';
import { formName } from '../text/twin-words.ts';

/** Characters of a name, rows, and width of a terminal. */
const NAME = 28;
const MOST = 16;
const NARROW = 110;

/** In the order in which every medium shows them. */
export const EVIDENCE_TABLES: ReadonlyArray<(probes: ProbeReport) => Table> = [
  churnTable,
  levelTable,
  refusalTable,
  mustPassTable,
  textTable,
  tokenChangeTable,
];

function churnTable({ comparison: { churn } }: ProbeReport): Table {
  return {
    kind: 'table',
    title: 'Answers that changed',
    columns: [
      {
        head: {
          comment: [term('churn', 'answers that changed')],
          terminal: 'answers',
          page: [term('churn', 'form')],
        },
      },
      ...numberColumns('items', 'right → wrong', 'wrong → right', 'other answer', 'KL, nats'),
    ],
    rows: churn.map(({ form, kind, items, rightToWrong, wrongToRight, changed, kl }) => [
      formName(form, kind),
      ...[items, rightToWrong, wrongToRight, changed].map(formatInteger),
      kl === null ? NO_NUMBER : formatRatio(kl),
    ]),
    breaks: { heads: [{ below: NARROW, at: / (?=→|answer)|(?<=,) / }] },
  };
}

function levelTable({ comparison: { levels } }: ProbeReport): Table {
  return {
    kind: 'table',
    title: 'Levels',
    columns: [
      { head: [term('family', 'family')] },
      { head: 'level reached' },
      { head: 'asked in full' },
      { head: 'test for a loss', isNumber: ['comment', 'page'] },
    ],
    rows: levels.map((row) => [
      [name(row.family)],
      reachedText(row),
      row.asked.join(', '),
      row.p === null ? NO_NUMBER : formatProbability(row.p),
    ]),
    most: { comment: 40, terminal: MOST },
    room: { least: 10, most: NAME },
  };
}

function refusalTable({ comparison: { refusals = [] } }: ProbeReport): Table {
  const heads = ['requests', 'refused by baseline', 'by candidate', 'answered now', 'newly refused', 'change, points'];
  return {
    kind: 'table',
    title: 'Refusals',
    columns: [{ head: { comment: 'refusals', terminal: 'refusals', page: 'requests of' } }, ...numberColumns(...heads)],
    rows: refusals.map(({ suite, requests, baseline, candidate, answered, newlyRefused, change }) => [
      [name(suite, NAME)],
      formatInteger(requests),
      baseline === null ? NO_NUMBER : formatInteger(baseline),
      formatInteger(candidate),
      ...[answered, newlyRefused].map((count) => (baseline === null ? NO_NUMBER : formatInteger(count))),
      change === null ? NO_NUMBER : formatPointsEstimate(change),
    ]),
    most: { terminal: MOST },
    breaks: { heads: [{ below: NARROW, at: /,? / }], cells: [{ below: 132, at: / (?=\()/ }] },
  };
}

/** Only for a page: each question also has a finding, in every medium. */
function mustPassTable({ mustPass = [] }: ProbeReport): Table {
  const shown = (text: string | null) => phrase`${text === null ? 'not disclosed' : prose(text)}`;
  const before = (right: boolean | null) => (right === null ? 'not asked' : right ? 'right' : 'wrong');
  return {
    kind: 'table',
    title: 'Must-pass questions that are answered wrong',
    isOpen: true,
    columns: ['question', 'text', 'right answer', 'answer of the candidate', 'of the baseline'].map((head) => ({
      head,
      media: ['page'],
    })),
    rows: mustPass
      .flatMap((row) => row.broken)
      .map(({ id, question, right, given, baseline }) => [
        [name(id)],
        ...[question, right, given].map(shown),
        before(baseline),
      ]),
  };
}

function textTable({ comparison: { texts } }: ProbeReport): Table {
  const show = (value: number | null) => (value === null ? NO_NUMBER : formatLikelihood(value));
  const reasons = texts.flatMap(({ suite, leftOut }) => (leftOut === null ? [] : [{ suite, reason: leftOut }]));
  return {
    kind: 'table',
    title: 'Plain texts',
    columns: [
      {
        head: {
          comment: [term('textLikelihood', 'plain texts')],
          terminal: 'plain texts',
          page: [term('textLikelihood', 'texts of')],
        },
      },
      ...numberColumns('texts', 'baseline', 'candidate', 'change, nats per byte'),
    ],
    rows: texts.map(({ suite, texts: count, baseline, candidate, change }) => [
      [name(suite, NAME)],
      formatInteger(count),
      show(baseline),
      show(candidate),
      change === null ? NO_NUMBER : formatMeasured(change, 4),
    ]),
    most: { terminal: MOST },
    rest: null,
    notes: (_, medium) =>
      reasons.map(({ suite, reason }, i) =>
        medium === 'comment'
          ? phrase`${i === 0 ? 'Not scored: ' : ''}${name(suite)}: ${prose(reason)}`
          : phrase`${name(suite, NAME)} was not scored: ${prose(reason, 200)}`,
      ),
    breaks: { heads: [{ below: NARROW, at: /(?<=,) / }] },
  };
}

/** Named as in llama.cpp's perplexity tool. */
const TOKEN_CHANGES = ['PPL(Q)/PPL(base)', 'Mean KLD, at least', 'Mean Δp, %', 'RMS Δp, %', 'Same top p, %'] as const;

function tokenChangeTable({ comparison: { texts } }: ProbeReport): Table {
  return {
    kind: 'table',
    title: 'Every token of these texts, as llama.cpp reports quantized copies',
    columns: [
      { head: { comment: 'every token of these texts', terminal: 'every token of', page: 'texts of' } },
      ...numberColumns('tokens', ...TOKEN_CHANGES),
    ],
    rows: texts.flatMap(({ suite, tokenChanges }) =>
      tokenChanges === null ? [] : [[[name(suite)], ...tokenChangeCells(tokenChanges)]],
    ),
    isTurned: true,
  };
}

function tokenChangeCells(changes: TokenChanges): string[] {
  const { tokens, perplexityRatio, divergence, meanChange, rmsChange, sameBest } = changes;
  const percent = ({ value, standardError }: TokenChanges['meanChange']) => ({
    value: 100 * value,
    standardError: 100 * standardError,
  });
  return [
    formatInteger(tokens),
    formatMeasured(perplexityRatio, 4),
    divergence === null ? NO_NUMBER : formatMeasured(divergence, 5),
    formatMeasured(percent(meanChange), 3),
    formatMeasured(percent(rmsChange), 3),
    formatMeasured(percent(sameBest), 2),
  ];
}
