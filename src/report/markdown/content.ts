import type { Finding } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import { codeName } from '../escape.ts';
import { describeFinding } from '../text/finding.ts';
import { flipSummary, probeNotes } from '../text/probes.ts';
import { findingsBySeverity, findingsToList, verdictSentence } from '../text/verdict.ts';
import { ICONS } from '../text/words.ts';
import { benchmarkTable } from './benchmark-table.ts';
import { deltaTable } from './delta-table.ts';
import { footer } from './footer.ts';
import { type ModuleDetails, moduleDetails } from './module-details.ts';
import { type Origin, originLines } from './origin.ts';
import { phraseMarkdown } from './phrase.ts';
import { familyTable, flipMarkdown } from './probe-details.ts';
import { probeEvidence } from './probe-evidence.ts';
import { probeTable } from './probe-table.ts';
import { skippedList } from './skipped-list.ts';
import { decidingKindTable } from './twin-kinds.ts';

/** A reader takes in a screenful of findings; report.json has them all. */
const MAX_FINDINGS = 20;
const MAX_INFOS = 40;

/** Everything the Markdown report can say, rendered in parts that are shown or left out as a whole. */
export interface Content {
  heading: string;
  sentence: string;
  /** Which commit and run the report is about. Always shown. */
  origin: string;
  /** List items after the sentence: at most `MAX_FINDINGS` of `findingCount`. */
  findings: string[];
  findingCount: number;
  infos: string[];
  infoCount: number;
  /** The behavioral half: the twins that decide, its table, notes and details. */
  kinds: string;
  probes: string;
  probeNotes: string;
  /** Benchmarks from logs of an evaluation. */
  benchmarks: string;
  evidence: string[];
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
export function contentOf(report: Report, key: string, origin?: Origin, htmlReport?: string): Content {
  const { infos } = findingsBySeverity(report);
  const others = findingsToList(report);
  const { probes } = report;
  const flips = probes?.comparison.flips ?? [];
  return {
    heading: `## ${ICONS[report.verdict]} Shadow Gate: ${report.verdict}${key === 'default' ? '' : ` · ${codeName(key)}`}`,
    sentence: `**${phraseMarkdown(verdictSentence(report))}**`,
    origin: origin === undefined ? '' : originLines(origin, htmlReport),
    findings: others.slice(0, MAX_FINDINGS).map(findingItem),
    findingCount: others.length,
    infos: infos.slice(0, MAX_INFOS).map(findingItem),
    infoCount: infos.length,
    kinds: probes ? decidingKindTable(probes.comparison.kinds) : '',
    probes: probes ? probeTable(probes) : '',
    probeNotes: probes
      ? `<sub>${probeNotes(probes)
          .map((note) => phraseMarkdown(note))
          .join('<br>')}</sub>`
      : '',
    benchmarks: benchmarkTable(report.benchmarks ?? []),
    evidence: probes ? probeEvidence(probes.comparison) : [],
    families: probes ? familyTable(probes) : '',
    flipSummary: flipSummary(flips),
    flips: flips.map(flipMarkdown),
    table: deltaTable(report.shadowDeltas),
    modules: moduleDetails(report),
    skipped: skippedList(report.skipped),
    skippedCount: report.skipped.length,
    footer: footer(report, origin?.repository),
  };
}

function findingItem(finding: Finding): string {
  return `- ${ICONS[finding.level]} ${phraseMarkdown(describeFinding(finding))}`;
}
