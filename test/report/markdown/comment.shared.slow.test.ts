import { describe, expect, it } from 'vitest';
import type { Report } from '../../../src/compare/report.ts';
import { commentMarker, renderComment } from '../../../src/report/markdown/comment.ts';
import { CALIBRATED_FINDING, calibrationReport } from '../calibration.ts';
import {
  delta,
  finding,
  group,
  HOSTILE_NAMES,
  hostileReport,
  probeReport,
  report,
  spiked,
  subject,
  tensor,
} from '../fixtures.ts';
import { githubPage, linkableTexts, named, tablesOf, textOf } from '../github-page.ts';

/** The tags of our own; any other came from a name. Names are never in a link. */
const OURS = new Set(
  'a p h2 ul li b strong sub br wbr code pre span details summary table thead tbody tr th td'.split(' '),
);

/** A benchmark with a family for each of its 57 subjects, and many more suites like it. */
function manySuites(): Report {
  const probes = probeReport('a_rather_long_name_of_a_subject_of_a_suite');
  const { comparison } = probes;
  const repeat = <T>(rows: readonly T[], times: number): T[] => Array.from({ length: times }, () => rows).flat();
  return report({
    probes: {
      ...probes,
      comparison: {
        ...comparison,
        families: repeat(comparison.families, 5 * 57),
        rows: repeat(comparison.rows, 57),
        kinds: repeat(comparison.kinds, 40),
        labels: repeat(comparison.labels, 40),
        kept: repeat(comparison.kept, 40),
        memorization: repeat(comparison.memorization, 40),
        levels: repeat(comparison.levels, 57),
      },
    },
  });
}

const huge = (count: number): Report =>
  report({
    verdict: 'fail',
    findings: Array.from({ length: 500 }, (_, i) =>
      spiked(`t_${i}`, { level: i >= 300 && i < 302 ? 'fail' : i % 2 ? 'warn' : 'info' }),
    ),
    tensors: Array.from({ length: count }, (_, i) =>
      tensor(`model.layers.${i}.mlp.up_proj.weight`, i % 3 ? 'up_proj' : 'q_proj', i % 2 ? 'delta' : 'weight'),
    ),
    skipped: Array.from({ length: count }, (_, i) => ({ name: `norm_${i}`, reason: `not a matrix ${i % 50}` })),
  });

describe('the comment', () => {
  it('a reader of the comment sees the verdict first, then its cause', () => {
    const lines = renderComment(report()).split('\n');
    expect(lines[0]).toBe(commentMarker());
    const page = githubPage(lines.join('\n'));
    const [heading, sentence] = page.elements;
    expect([heading?.tagName, heading && textOf(heading)]).toEqual(['h2', '⚠️ Shadow Gate: warn']);
    expect(sentence && textOf(sentence)).toBe(
      'MLP ÷ attention ratio of ΔW rose from 0.635 to 0.690 (+8.7%; limit +8%).',
    );
  });

  it('the comment has the numbers that decide, what to do, and links, before anything is opened', () => {
    const page = githubPage(renderComment(report()));
    const top = page.elements.slice(
      0,
      page.elements.findIndex(({ tagName }) => tagName === 'details'),
    );
    expect(top.map(({ tagName }) => tagName).filter((tag) => ['h2', 'p', 'table'].includes(tag))).toEqual([
      ...['h2', 'p', 'table', 'p', 'p'],
    ]);
    expect(tablesOf(page)[0]).toEqual([
      ['check', 'baseline → candidate', 'change', 'limit'],
      ['⚠️ MLP ÷ attention ratio', '0.635 → 0.690', '+8.7%', '+8%'],
    ]);
    const [, steps, links] = named(page, 'p').map(textOf);
    expect(steps).toMatch(
      /^What to do: If the run should be .*make the candidate the baseline, in a pull request of its own that is merged first: shadow-gate measure/s,
    );
    expect(links).toBe('baseline, measured the same day · about “Metric moved” · glossary');
  });

  it('a pass is six lines: verdict, sentence, numbers, links and one fold', () => {
    const page = githubPage(renderComment(report({ verdict: 'pass', findings: [], probes: probeReport() })));
    const first = page.elements.findIndex(({ tagName }) => tagName === 'details');
    const lines = page.elements.slice(0, first).filter(({ tagName }) => ['h2', 'p', 'table'].includes(tagName));
    expect(lines.map(textOf)).toEqual([
      '✅ Shadow Gate: pass',
      expect.stringMatching(/^Exam \+73\.0/),
      expect.stringMatching(/^✅\u00a0Exam 26\.1% → 98\.3% · /),
      expect.stringMatching(/^baseline, /),
    ]);
    // Everything else is in it.
    const [fold] = named(page, 'details');
    expect(page.elements.slice(first).filter((node) => node !== fold && node.parentNode === fold?.parentNode)).toEqual(
      [],
    );
  });

  it('an uploaded page is linked, and what is not a web address is not', () => {
    const url = 'https://github.com/o/r/actions/runs/1/artifacts/2';
    expect(renderComment(report(), { htmlReport: url })).toContain(`[explore the report](${url})`);
    for (const htmlReport of ['', 'https://x.example/) <script>', 'javascript:alert(1)']) {
      expect(renderComment(report(), { htmlReport })).not.toMatch(/explore|script/);
    }
  });

  it('accuracies stand as dots and whiskers in the fold of the probes', () => {
    const page = githubPage(renderComment(report({ probes: probeReport() })));
    const chart = named(page, 'pre').map(textOf)[0] ?? '';
    expect(chart).toContain('  candidate ······················├█  98.0');
    for (const line of chart.split('\n')) expect(Array.from(line).length).toBeLessThanOrEqual(42);
  });

  it('the comment shows both values and the change of every metric', () => {
    const page = githubPage(renderComment(report()));
    expect(tablesOf(page)[1]?.slice(0, 2)).toEqual([
      ['metric', 'of', 'where', 'baseline', 'candidate', 'change'],
      ['MLP ÷ attention ratio', 'ΔW', 'whole model', '0.635', '0.690', '⚠️ +0.0552 (+8.7%)'],
    ]);
  });

  it('the comment shows the probes before the spectra: accuracies, gap, and both changes with interval and MDE', () => {
    const page = githubPage(renderComment(report({ probes: probeReport() })));
    expect(tablesOf(page)[3]?.slice(0, 2)).toEqual([
      [
        'capability',
        'facts',
        'exam, %',
        'other forms, %',
        'shadow gap, points',
        'their change, points',
        'shadow delta, points',
      ],
      [
        'all',
        '180',
        '26.1\u00a0→\u00a098.3',
        '25.3\u00a0→\u00a048.6',
        '+0.8\u00a0→\u00a0+49.7',
        '+2.3 (−3.1 to +7.7), MDE\u00a010.0',
        '+48.9 (+40.4 to +57.3), MDE\u00a017.0',
      ],
    ]);
    const text = page.texts.join('');
    expect(text).toContain(
      'Transfer (Δ other forms ÷ Δ exam in log-odds above chance; 1: all of the gain, 0: nothing). Baseline → candidate',
    );
    expect(text).toContain('The shadow delta is over the forms that decide.');
    expect(text).toContain('106 of 107 exam questions');
    expect(text).toContain('seed 1');
  });

  it('the twins that decide come first: the exam rose, open questions did not, and letters are not judged', () => {
    const page = githubPage(renderComment(report({ probes: probeReport('mmlu.csv') })));
    expect(tablesOf(page)[2]).toEqual([
      ['suite', 'form', 'facts', 'exam, %', 'other forms, %', 'shadow gap, points', 'transfer, log-odds', 'decides'],
      [
        'mmlu.csv',
        'open',
        '100',
        '27.0\u00a0→\u00a0100.0',
        '37.0\u00a0→\u00a037.0',
        '−10.0\u00a0→\u00a0+63.0',
        '0.01 (−0.14\u00a0to\u00a00.12)',
        'yes',
      ],
      expect.arrayContaining(['group: mmlu.csv', 'yes']),
    ]);
    const above = page.texts.join('').split('All other forms, and answers that changed')[0];
    expect(above).toContain(
      'On mmlu.csv, the baseline answers mmlu.csv in 99 of 100 lettered questions (mmlu.csv in 1) and does not follow the options when they are shuffled (of 100 pairs it chose the same option again in 0, the same letter in 98; sign test, p = 1.000): letters are not judged, only the text of an answer is.',
    );
    expect(above).toContain(
      'Old letter kept after shuffling, on mmlu.csv: 27 → 96 of 100 (25.0% by guessing; p < 0.0001).',
    );
    expect(above).toContain('Level reached: mmlu.csv 3 of 7, mmlu.csv 2\u00a0→\u00a01 of 5, mmlu.csv 0 of 5.');
  });

  it('a reader can open all twin kinds, and what else changed', () => {
    const page = githubPage(renderComment(report({ probes: probeReport() })));
    const more = named(page, 'details')
      .map(textOf)
      .find((text) => text.startsWith('All other forms, and answers that changed'));
    for (const part of [
      'no: asks for letters, which do not work here',
      'no: too few facts',
      'the baseline can answer with letters',
      '15 → 17 of 60',
      'rose by 0.42 nats a token, that of the other forms by 0.05',
      '24.0\u00a0→\u00a097.0%, against 27.0\u00a0→\u00a0100.0% without',
      'right → wrong',
      'exam, answered by text',
      '2, 3, 4',
    ])
      expect(more).toContain(part);
  });

  it('a reader can open the flips with their prompts, and the families with the tests that exclude them', () => {
    const page = githubPage(renderComment(report({ probes: probeReport() })));
    const details = named(page, 'details').map(textOf);
    const flips = details.find((text) => text.startsWith('1 example regression'));
    expect(flips).toMatch(/correct is recall, .*Q: recall\n\nA:/s);
    // The other one is above what is folded.
    expect(tablesOf(page).find(([head]) => head?.[0] === 'exam')).toEqual([
      ['exam', 'options shuffled'],
      ['Q: recallA:', 'Q: recallA:'],
      ['correct: recall', 'correct: recall'],
      ['baseline: ✓ recall', 'baseline: ✓ recall'],
      ['candidate: ✓ recall', 'candidate: ✓ recall'],
    ]);
    expect(details.find((text) => text.startsWith('Probes by family'))).toContain('a drop cannot show');
  });

  it('the worst finding comes first in the comment, and notes stay folded', () => {
    const page = githubPage(
      renderComment(
        report({
          verdict: 'fail',
          findings: [
            spiked('a_note', { level: 'info' }),
            spiked('a_warning'),
            { kind: 'non-finite', level: 'fail', tensor: 'model.w_1', nan: 3, inf: 0 },
          ],
        }),
      ),
    );
    expect(named(page, 'p').map(textOf)[0]).toBe('model.w_1 contains 3 NaN values.');
    expect(named(page, 'ul')).toHaveLength(3);
    expect(named(page, 'ul').slice(0, 1).map(textOf).join('')).not.toContain('a_note');
    const notes = named(page, 'details').find((node) => textOf(node).startsWith('1 note'));
    expect(notes && textOf(notes)).toContain('a_note');
  });

  it('the comment has every module type with medians, matrices and sparklines', () => {
    const page = githubPage(renderComment(report()));
    const q = named(page, 'details')
      .map(textOf)
      .find((text) => text.startsWith('q_proj'));
    expect(q).toMatch(/^q_proj · 4 matrices · top-5% energy of ΔW 0\.480 → 0\.520/);
    for (const part of ['Update ΔW', 'Weights W', 'model.layers.3.self_attn.q_proj.weight', '█▇', 'signal to noise'])
      expect(q).toContain(part);
  });

  it('the module type of a spiked matrix comes first in the details', () => {
    const page = githubPage(renderComment(report({ findings: [spiked('model.layers.2.mlp.up_proj.weight')] })));
    expect(named(page, 'summary').map(textOf)[1]).toMatch(/^⚠️ up_proj/);
  });

  it('every module type that is beyond a calibrated limit is marked, and the limits are a table of their own', () => {
    const comment = renderComment(report({ findings: [CALIBRATED_FINDING], calibration: calibrationReport() }));
    const page = githubPage(comment);
    const summaries = named(page, 'summary').map(textOf);
    expect(summaries.filter((summary) => summary.startsWith('⚠️'))).toEqual([
      expect.stringMatching(/^⚠️ up_proj/),
      expect.stringMatching(/^⚠️ down_proj/),
    ]);
    expect(summaries).toContain('Calibration');
    expect(comment).toContain('| up_proj | ⚠️ **0.710** | 0.500 to 0.580 | ≤\u00a00.620 | widened range |');
    expect(comment).toContain('| up_proj | 12 | 2 to 16 | no room to move | mean ± 3 sd |');
  });

  it('the comment names what was compared, and what the verdict does not claim', () => {
    const text = githubPage(renderComment(report())).texts.join('');
    for (const part of [
      'examples/benchmark-aligned',
      'sha256:3f7a9c0d1e2b',
      'sha256:bbbbbbbbbbbb',
      'sha256:cccccccccccc',
    ])
      expect(text).toContain(part);
    expect(text).toMatch(/0\.1\.0 · cpu · 3\.2 s/);
    expect(text).toMatch(/not whether it does harm/);
  });

  it('the comments of several jobs can be told apart by their headings', () => {
    expect(renderComment(report(), { key: 'gpu' })).toContain('## ⚠️ Shadow Gate: warn · <code>gpu</code>');
  });

  it('the comment keeps vision and language parts of a model apart', () => {
    const both = (['vision', 'language'] as const).map((component) => ({
      ...group('q_proj', 'weight', 0.2),
      component,
    }));
    const page = githubPage(
      renderComment(
        report({
          groups: { candidate: both, baseline: both },
          tensors: both.map(({ component }) => tensor(`${component}.q`, 'q_proj', 'weight', undefined, { component })),
          shadowDeltas: both.map(({ component }) => delta({ component, module: 'q_proj' })),
        }),
      ),
    );
    expect(named(page, 'summary').map(textOf).slice(1, 3)).toEqual([
      'vision · q_proj · 4 matrices · top-5% energy of W 0.200 → 0.200',
      'language · q_proj · 4 matrices · top-5% energy of W 0.200 → 0.200',
    ]);
    expect(tablesOf(page)[1]?.map((row) => row[2])).toEqual(['where', 'vision · q_proj', 'language · q_proj']);
  });

  it('a comment without a baseline states that there is nothing to compare with', () => {
    const page = githubPage(
      renderComment(
        report({
          verdict: 'pass',
          findings: [],
          baseline: null,
          reference: null,
          applied: undefined,
          shadowDeltas: [],
          groups: { candidate: [], baseline: [] },
          tensors: [],
          skipped: [],
        }),
      ),
    );
    expect(page.texts.join('')).toMatch(/no baseline to compare with[\s\S]*no baseline · no reference/);
    expect(tablesOf(page)).toEqual([]);
  });
});

describe('a hostile name', () => {
  // No limit: a name of 100 kB may make the comment leave out details, which is another test.
  const limit = Number.POSITIVE_INFINITY;
  // A prompt has as many lines as it has, also in a table, and a name as many places where a line may break.
  const withoutLines = (skeleton: string) => skeleton.replace(/<br><\/br>|<wbr><\/wbr>/g, '');
  const harmless = withoutLines(githubPage(renderComment(hostileReport('harmless'), { limit })).skeleton);

  it.each(HOSTILE_NAMES.filter((name) => name !== '').map((name) => [JSON.stringify(name).slice(0, 50), name]))(
    'the hostile name %s leaves the comment as it is for any other name',
    (_, name) => {
      const page = githubPage(renderComment(hostileReport(name), { limit }));
      expect(withoutLines(page.skeleton)).toBe(harmless);
      expect(page.elements.map(({ tagName }) => tagName).filter((tag) => !OURS.has(tag))).toEqual([]);
      expect(page.comments).toEqual([' shadow-gate:default ']);
      expect(linkableTexts(page)).toEqual([]);
      for (const table of tablesOf(page)) expect(new Set(table.map((row) => row.length)).size).toBe(1);
    },
  );

  it('a hostile key cannot close the marker of a comment, and no two keys share a marker', () => {
    const keys = [
      'a',
      'a-',
      '-->',
      '--!>',
      'a--b',
      'a-%2Db',
      '<b>',
      '\n',
      'a b',
      '\ud800',
      ...HOSTILE_NAMES.slice(0, 9),
    ];
    const markers = keys.map((key) => commentMarker(key));
    expect(new Set(markers).size).toBe(keys.length);
    for (const marker of markers) expect(marker).toMatch(/^<!-- shadow-gate:(?!.*--.*-->)[^<>\n]+ -->$/);
  });
});

describe('the limit of a comment', () => {
  const LIMITS = [300, 1000, 3000, 10_000, 30_000, 65_536];
  const reports = {
    huge: huge(10_000),
    usual: report(),
    'many-suite': manySuites(),
    hostile: hostileReport('@'.repeat(1000)),
  };
  const cases = Object.entries(reports).flatMap(([name, it]) => LIMITS.map((limit) => [name, limit, it] as const));

  it.each(cases)(
    'a comment on a %s report fits into %i characters, with whole tables and closed tags',
    (_, limit, it) => {
      const comment = renderComment(it, { limit });
      expect(comment.length).toBeLessThan(limit);
      expect(comment.startsWith(`${commentMarker()}\n## `)).toBe(true);
      for (const tag of ['details', 'summary', 'code', 'sub', 'span', 'b'])
        expect(comment.split(`<${tag}>`).length, tag).toBe(comment.split(`</${tag}>`).length);
      const full = new Set(renderComment(it, { limit: Number.POSITIVE_INFINITY }).split('\n\n'));
      const tables = comment.split('\n\n').filter((part) => part.startsWith('|'));
      for (const table of tables) expect(full).toContain(table);
      expect(tablesOf(githubPage(comment))).toHaveLength(tables.length);
    },
  );

  it('a comment that is too long leaves out the least important parts first, and names report.json', () => {
    const it = report({ findings: [finding(), spiked('a.note', { level: 'info' })] });
    const marks = ['not measured', 'Weights W', 'Update ΔW', '| median |', 'a.note', '| metric |'];
    const full = renderComment(it).length;
    let present = marks.length;
    for (let limit = full; limit > 400; limit -= 97) {
      const comment = renderComment(it, { limit });
      const shown = marks.map((mark) => comment.includes(mark));
      expect(shown, `${limit}`).toEqual([...shown].sort((a, b) => Number(a) - Number(b)));
      const count = shown.filter(Boolean).length;
      expect(count).toBeLessThanOrEqual(present);
      present = count;
      expect(comment).toContain('report.json has all of them');
    }
    expect(present).toBe(0);
    expect(renderComment(it)).not.toContain('left out');
  });

  it('a comment on dozens of suites shows some rows of each table, and counts the others', () => {
    const comment = renderComment(manySuites());
    const heads = tablesOf(githubPage(comment)).map(([head]) => head?.slice(0, 2).join(' '));
    expect(heads.slice(2, 4)).toEqual(['suite form', 'capability facts']);
    const whole = renderComment(manySuites(), { limit: Number.POSITIVE_INFINITY });
    expect(Math.max(...tablesOf(githubPage(whole)).map((rows) => rows.length))).toBeLessThanOrEqual(50);
    expect(comment).toMatch(/and 68 more in report\.json/);
    expect(comment).toMatch(/And 32 more suites like that/);
  });

  it('the comment counts the findings that it does not show', () => {
    const comment = renderComment(huge(0));
    expect(comment).toMatch(/^- ❌ /m);
    expect(comment).toMatch(/^- and \d+ more in report.json$/m);
  });
});

it('the comment gives the cause if a matrix has no spectrum', () => {
  const broken = { ...tensor('w', 'other', 'weight'), metrics: null, spectrum: [], note: 'not finite' };
  const page = githubPage(renderComment(report({ tensors: [broken], candidate: subject() })));
  expect(tablesOf(page).flat()).toContainEqual(['w (not finite)', '—', '—', '—', '—']);
});

describe('links to the docs', () => {
  const docs = 'https://example.org/docs';

  it('links to the glossary lead to the documentation that the caller names, with one definition for each term', () => {
    const comment = renderComment(report({ probes: probeReport() }), { docs });
    const links = named(githubPage(comment), 'a').map(({ attrs }) => attrs.find(({ name }) => name === 'href')?.value);
    expect(new Set(links)).toContain(`${docs}/reference/glossary.md#shadow-delta`);
    expect(new Set(links)).toContain(`${docs}/reference/findings.md#metric-moved`);
    expect(links.filter((link) => !/\/(glossary|findings)\.md#/.test(link ?? ''))).toEqual([]);
    expect(links.filter((link) => !link?.startsWith(`${docs}/`))).toEqual([]);
    // Every reference has its definition, or it would be shown with its brackets.
    expect(githubPage(comment).texts.join('')).not.toMatch(/\]\[|\[(glossary|finding)-/);
    const definitions = comment.match(/^\[(glossary|finding)-.*$/gm) ?? [];
    expect(new Set(definitions).size).toBe(definitions.length);
  });

  it('links to the glossary count toward the limit of a comment', () => {
    const full = renderComment(report(), { docs });
    const long = renderComment(report(), { docs: `${docs}/${'x'.repeat(500)}`, limit: full.length + 1 });
    expect(long.length).toBeLessThanOrEqual(full.length);
    expect(githubPage(long).texts.join('')).not.toMatch(/\]\[/);
  });
});
