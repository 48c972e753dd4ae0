import { describe, expect, it } from 'vitest';
import { linkDefinitions, phraseMarkdown, termLink } from '../../../src/report/render/markdown/phrase.ts';
import { describeFinding } from '../../../src/report/summary/finding.ts';
import { code, name, phrase, prose, term } from '../../../src/report/text/phrase.ts';
import { everyFinding } from '../findings.ts';
import { HOSTILE_NAMES } from '../fixtures.ts';
import { githubPage, linkableTexts, named, textOf } from '../github-page.ts';

/** A list of all findings, each with the same foreign name in every place. */
function pageOf(foreign: string) {
  const items = everyFinding(foreign).map((one) => `- ${phraseMarkdown(describeFinding(one))}`);
  return githubPage(`${items.join('\n')}\n\n${linkDefinitions(items.join('\n'), 'https://example.org/docs')}`);
}

describe('the sentences of findings in Markdown', () => {
  const harmless = pageOf('harmless');

  it('every finding is one item of a list', () => {
    expect(named(harmless, 'li')).toHaveLength(everyFinding('harmless').length);
  });

  it.each(
    HOSTILE_NAMES.filter((foreign) => foreign !== '').map((foreign) => [JSON.stringify(foreign).slice(0, 50), foreign]),
  )('the hostile name %s leaves every kind of finding as it is for any other name', (_, foreign) => {
    const page = pageOf(foreign);
    expect(page.skeleton).toBe(harmless.skeleton);
    expect(page.comments).toEqual([]);
    expect(linkableTexts(page)).toEqual([]);
  });
});

describe('a phrase in Markdown', () => {
  const sentence = phrase`${term('twin', 'Twins')} of ${name('a|*b*')}: ${prose('too *long*')}, see ${code('--seed')}.`;

  it('a phrase shows names and options as code, foreign prose as plain text, and terms as links', () => {
    const markdown = phraseMarkdown(sentence);
    const page = githubPage(`${markdown}\n\n${linkDefinitions(markdown, 'https://example.org/docs')}`);
    expect(named(page, 'code').map(textOf)).toEqual(['a|*b*', '--seed']);
    expect(named(page, 'em')).toEqual([]);
    const [link] = named(page, 'a');
    expect(link && textOf(link)).toBe('Twins');
    expect(link?.attrs).toContainEqual({ name: 'href', value: 'https://example.org/docs/reference/glossary.md#twin' });
  });

  it('a phrase has plain words instead of links if there is no room for their definitions', () => {
    expect(phraseMarkdown(sentence, { links: false })).toMatch(/^Twins of /);
  });

  it('a term that is used twice has one definition', () => {
    const text = `${termLink('twin', 'twin')} ${termLink('twin', 'Twins')} ${termLink('baseline', 'baseline')}`;
    expect(linkDefinitions(text, 'docs').split('\n')).toEqual([
      '[glossary-baseline]: docs/reference/glossary.md#baseline',
      '[glossary-twin]: docs/reference/glossary.md#twin',
    ]);
  });
});
