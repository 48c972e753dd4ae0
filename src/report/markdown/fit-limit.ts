import { linkDefinitions } from '../render/markdown/phrase.ts';
import { formatCount } from '../text/numbers.ts';
import type { Content } from './content.ts';

/** How much of a report is shown. Counts are of whole parts: nothing is ever cut in the middle. */
interface Extent {
  skipped: boolean;
  /** Module types, from the first on, that show their matrices as W, as ΔW, and their medians. */
  weights: number;
  deltas: number;
  medians: number;
  calibration: boolean;
  infos: boolean;
  findings: number;
  families: boolean;
  evidence: number;
  flips: number;
  example: boolean;
  footer: boolean;
  table: boolean;
  pictures: number;
  probes: boolean;
  links: boolean;
  steps: boolean;
  deciding: boolean;
  sentence: boolean;
}

/**
 * The longest rendering that fits; at the very least the marker and the verdict.
 * @param docs address of the documentation, for the links to its glossary
 */
export function fitted(
  content: Content,
  { marker, docs }: { readonly marker: string; readonly docs: string },
  fits: (text: string) => boolean,
): string {
  let extent: Extent | null = {
    skipped: content.skipped !== '' || content.screened !== null,
    weights: content.modules.length,
    deltas: content.modules.length,
    medians: content.modules.length,
    calibration: content.calibration !== '',
    infos: content.infos.length > 0,
    findings: content.findings.length,
    families: content.families !== '',
    evidence: content.evidence.length,
    flips: content.flips.length,
    example: content.example !== '',
    footer: true,
    table: true,
    pictures: content.pictures.length,
    probes: true,
    links: true,
    steps: true,
    deciding: true,
    sentence: true,
  };
  const all = extent;
  let text = '';
  for (; extent !== null; extent = smaller(extent)) {
    const page = compose(content, extent, { shortened: extent !== all });
    const links = linkDefinitions(page, docs);
    text = `${marker}${page}\n${links && `\n${links}\n`}`;
    if (fits(text)) return text;
  }
  return text;
}

/** Leaves out one more part, the least important first. */
function smaller(extent: Extent): Extent | null {
  if (extent.skipped) return { ...extent, skipped: false };
  if (extent.weights > 0) return { ...extent, weights: extent.weights - 1 };
  if (extent.deltas > 0) return { ...extent, deltas: extent.deltas - 1 };
  if (extent.medians > 0) return { ...extent, medians: extent.medians - 1 };
  if (extent.infos) return { ...extent, infos: false };
  if (extent.families) return { ...extent, families: false };
  if (extent.evidence > 0) return { ...extent, evidence: extent.evidence - 1 };
  if (extent.flips > 0) return { ...extent, flips: extent.flips - 1 };
  if (extent.example) return { ...extent, example: false };
  if (extent.findings > 0) return { ...extent, findings: extent.findings - 1 };
  if (extent.calibration) return { ...extent, calibration: false };
  if (extent.footer) return { ...extent, footer: false };
  if (extent.table) return { ...extent, table: false };
  if (extent.pictures > 0) return { ...extent, pictures: extent.pictures - 1 };
  if (extent.probes) return { ...extent, probes: false };
  if (extent.links) return { ...extent, links: false };
  if (extent.steps) return { ...extent, steps: false };
  if (extent.deciding) return { ...extent, deciding: false };
  if (extent.sentence) return { ...extent, sentence: false };
  return null;
}

function compose(content: Content, extent: Extent, { shortened }: { readonly shortened: boolean }): string {
  const more = detailsOf(content, extent);
  const parts = [
    content.heading,
    extent.sentence ? content.sentence : '',
    content.warnings,
    extent.deciding ? content.deciding : '',
    extent.steps ? content.steps : '',
    extent.example ? content.example : '',
    [content.origin, extent.links ? content.links : ''].filter((part) => part !== '').join(' · '),
    ...content.pictures.slice(0, extent.pictures),
    ...(content.isPass ? [details('Details', more)] : more),
    shortened ? 'Some details are left out to fit; report.json has all of them.' : '',
    content.cost,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Everything that a reader opens. */
function detailsOf(content: Content, extent: Extent): string[] {
  const modules = content.modules.map(({ summary, medians, deltas, weights }, i) =>
    details(summary, [
      i < extent.medians ? medians : '',
      i < extent.deltas ? titled('Update ΔW', deltas) : '',
      i < extent.weights ? titled('Weights W', weights) : '',
    ]),
  );
  const probes = extent.probes
    ? [content.intervals, content.kinds, content.probes, content.probeNotes, content.benchmarks, content.suites]
    : [];
  return [
    details(content.findingSummary, [list(content.findings.slice(0, extent.findings), content.findingCount)]),
    details(content.benchmarks === '' ? 'Probes' : 'Answers', [
      ...probes,
      details('All other forms, and answers that changed', content.evidence.slice(0, extent.evidence)),
      details('Probes by family', [extent.families ? content.families : '']),
    ]),
    details(content.flipSummary, content.flips.slice(0, extent.flips)),
    details('Spectra', [
      extent.table ? content.table : '',
      details('Calibration', [extent.calibration ? content.calibration : '']),
      content.screened && extent.skipped ? details(content.screened.summary, [content.screened.body]) : '',
      ...modules,
    ]),
    extent.infos ? details(formatCount(content.infoCount, 'note'), [list(content.infos, content.infoCount)]) : '',
    extent.skipped ? details(`${formatCount(content.skippedCount, 'tensor')} not measured`, [content.skipped]) : '',
    extent.footer ? details('What was compared', [content.footer]) : '',
  ];
}

function list(items: readonly string[], total: number): string {
  const more = total - items.length;
  if (more === 0) return items.join('\n');
  return [
    ...items,
    items.length === 0 ? `- ${formatCount(total, 'more finding')} in report.json` : `- and ${more} more in report.json`,
  ].join('\n');
}

const titled = (title: string, table: string): string => (table === '' ? '' : `**${title}**\n\n${table}`);

/** The blank lines make GitHub read Markdown inside a `<details>`. Empty without anything to show. */
function details(summary: string, body: readonly string[]): string {
  const shown = body.filter((part) => part !== '');
  if (shown.length === 0) return '';
  return `<details><summary>${summary}</summary>\n\n${shown.join('\n\n')}\n\n</details>`;
}
