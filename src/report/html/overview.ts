import { describeFinding } from '../text/finding.ts';
import { findingsBySeverity, verdictSentence } from '../text/verdict.ts';
import { ICONS } from '../text/words.ts';
import { type Html, html } from './html.ts';
import { phraseHtml } from './phrase.ts';
import type { Section } from './section.ts';

export const OVERVIEW: Section = {
  id: 'overview',
  title: 'Overview',
  render(report, { docs }): Html {
    const { grave, infos } = findingsBySeverity(report);
    const items = [...grave.slice(1), ...infos].map(
      (finding) =>
        html`<li><span class="mark">${ICONS[finding.level]}</span> ${phraseHtml(describeFinding(finding), docs)} <a class="more" href="${docs}/findings.md#${finding.kind}">about this finding</a></li>\n`,
    );
    const list = items.length === 0 ? null : html`<ul class="findings">${items}</ul>`;
    return html`<p class="sentence">${phraseHtml(verdictSentence(report), docs)}</p>${list}`;
  },
};
