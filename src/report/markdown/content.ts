import type { Report } from '../../compare/report.ts';
import { codeName } from '../escape.ts';
import { reasonsBySeverity, sentenceWithoutReason, worthListing } from '../text/verdict.ts';
import { ICONS } from '../text/words.ts';
import { deltaTable } from './delta-table.ts';
import { footer } from './footer.ts';
import { type ModuleDetails, moduleDetails } from './module-details.ts';
import { messageMarkdown, reasonItem } from './phrase.ts';
import { familyTable, flipDetails } from './probe-details.ts';
import { probeNotes, probeTable } from './probe-table.ts';
import { skippedList } from './skipped-list.ts';

/** A reader takes in a screenful of reasons; a hundred spikes are one finding, and report.json has them all. */
const MAX_REASONS = 20;
const MAX_INFOS = 40;

/** Everything the Markdown report can say, rendered in parts that are shown or left out as a whole. */
export interface Content {
  heading: string;
  sentence: string;
  /** List items, at most `MAX_REASONS` of `reasonCount`. */
  reasons: string[];
  reasonCount: number;
  infos: string[];
  infoCount: number;
  /** The behavioural half: its table, what else it found, and the details. */
  probes: string;
  probeNotes: string;
  families: string;
  flipSummary: string;
  flips: string[];
  table: string;
  modules: ModuleDetails[];
  skipped: string;
  skippedCount: number;
  footer: string;
}

/** @param key tells the comments of a matrix of jobs apart; `default` is not worth a mention */
export function contentOf(report: Report, key: string): Content {
  const { grave, infos } = reasonsBySeverity(report);
  const [first] = grave;
  const listed = worthListing(grave) ? grave : [];
  const { probes } = report;
  const flips = probes && flipDetails(probes);
  return {
    heading: `## ${ICONS[report.verdict]} Shadow Gate: ${report.verdict}${key === 'default' ? '' : ` · ${codeName(key)}`}`,
    sentence: first === undefined ? sentenceWithoutReason(report) : messageMarkdown(first),
    reasons: listed.slice(0, MAX_REASONS).map((reason, i) => reasonItem(reason, { message: i > 0 })),
    reasonCount: listed.length,
    infos: infos.slice(0, MAX_INFOS).map((reason) => reasonItem(reason, { message: true })),
    infoCount: infos.length,
    probes: probes ? probeTable(probes) : '',
    probeNotes: probes ? `<sub>${probeNotes(probes, codeName).join('<br>')}</sub>` : '',
    families: probes ? familyTable(probes) : '',
    flipSummary: flips?.summary ?? '',
    flips: flips?.flips ?? [],
    table: deltaTable(report.shadowDeltas),
    modules: moduleDetails(report),
    skipped: skippedList(report.skipped),
    skippedCount: report.skipped.length,
    footer: footer(report),
  };
}
