import { describe, expect, it } from 'vitest';
import { NamePatterns } from '../../src/naming/name-pattern.ts';

const NAMES = [
  'model.layers.0.self_attn.q_proj',
  'model.layers.11.self_attn.q_proj',
  'model.layers.1.mlp.down_proj',
  'layers.1.mlp.down_proj',
  'lm_head',
  'xlm_head',
  'a-b c',
  '',
];

describe('a pattern for names of modules', () => {
  // On these, JavaScript's engine and Python's agree, and neither takes long.
  it.each([
    '.*q_proj',
    'q_proj',
    String.raw`model\.layers\.\d+\..*`,
    String.raw`.*\.(?:self_attn|mlp)\.(q|down)_proj`,
    String.raw`^(.*\.)?lm_head$`,
    String.raw`.*\blm_head`,
    String.raw`.*\Blm_head`,
    String.raw`[a-c]-[^a][\s]c`,
    String.raw`[\w.]+`,
    '.{7,8}',
    '.{8,}',
    'x?lm_head',
    '(?:|lm_head|(layers|model).*)',
    '(a|lm_)*head|.*1.*',
    'l+.?m{1}_[e-h]ead',
    '(?!xlm).*head',
    '(?=.*q_proj)model.*',
    String.raw`(?:\bmodel\.layers\.[\d]{1,}(?!.*\.mlp)\..*?(?:self_attn|mlp).*?\.(?:(?:q_proj|down_proj)))`,
    String.raw`.*(?!\d)(?=[a-z](?!r)).*proj`,
    '(?=a-b$|).*',
    '[]a]*.*',
    '.*[^]0-9]',
  ])('matches what other engines match: %s', (source) => {
    const pattern = new NamePatterns('config').compile(source);
    // In JavaScript, a bracket that comes first has to be escaped.
    const other = new RegExp(`^(?:${source.replace(/\[(\^?)\]/, String.raw`[$1\]`)})$`, 'v');
    expect(NAMES.map((name) => pattern.matches(name))).toEqual(NAMES.map((name) => other.test(name)));
  });

  it('takes no longer for looking ahead inside looking ahead', () => {
    const pattern = new NamePatterns('config', 20_000_000).compile('(.*(?=.*(?!.*b)a)a.*)x');
    expect(pattern.matches('a'.repeat(200))).toBe(false);
  });

  it('takes no longer for what takes other engines years', () => {
    const pattern = new NamePatterns('config').compile(`${'.*?a'.repeat(30)}!`);
    expect(pattern.matches('a'.repeat(3000))).toBe(false);
  });

  it('is refused when all of them together take too many steps', () => {
    const patterns = new NamePatterns('config.json', 10_000);
    const pattern = patterns.compile('.*?a.*?b');
    expect(pattern.matches('aaaab')).toBe(true);
    expect(() => pattern.matches('a'.repeat(10_000))).toThrow(/config\.json: matching its patterns .* takes too long/);
  });

  it('is found at the end of a name, after a dot', () => {
    const patterns = new NamePatterns('config');
    const matches = (source: string) => NAMES.filter((name) => patterns.matchesEnd(source, name));
    expect(matches('q_proj')).toEqual(NAMES.slice(0, 2));
    expect(matches('head')).toEqual([]);
    expect(matches('lm.head')).toEqual(['lm_head']);
    expect(matches(String.raw`layers\.1\.mlp.down_proj`)).toEqual(NAMES.slice(2, 4));
    expect(matches('^layers.*')).toEqual(['layers.1.mlp.down_proj']);
  });
});
