export interface Noun {
  readonly one: string;
  readonly many: string;
}

/**
 * First names as exam writers choose them. Like nearly all words here, each is one token of GPT-2, cl100k and o200k, so
 * that both forms have the same length and no name is likelier for being shorter.
 */
export const NAMES = (
  'Adam Alice Amy Anna Ben Brian Carl Carol Clara Daniel David Diana Emily Emma Eric Felix George Helen Henry Jack ' +
  'James Jane Julia Karen Kevin Laura Leo Linda Lisa Lucy Maria Mary Nancy Nina Oliver Oscar Paul Peter Rachel Robert ' +
  'Rosa Ryan Sam Sarah Simon Sophie Steve Susan Thomas Tina Victor Walter'
).split(' ');

/** First names from other languages, which are rare in English exam questions; a few of them are two tokens. */
export const UNCOMMON_NAMES = (
  'Ahmed Ali Amina Anders Boris Carlos Diego Elena Erik Fatima Fritz Hans Hassan Hugo Ibrahim Igor Ivan Jorge ' +
  'Juan Kai Klaus Kofi Lars Lena Luis Malik Mei Miguel Ming Omar Otto Pablo Pavel Pedro Petra Pierre Priya Rafael Raj ' +
  'Sergio Wei Yuki'
).split(' ');

/** Words that do not exist but could. With a capital letter, all are two tokens of those three. */
export const NONCE_WORDS = (
  'fep wug kiv plog snar vosh dorp lunt mib quob rulf skeb tulb vank yimp brop flim gled jeph krend lorb nurb pelk ' +
  'rask sleb thrib zint gax jop vop wib yot drom lorn menk norg ront tovo worp crul grol hurn karb morv prug relf ' +
  'snib torv vark yorb'
).split(' ');

function nouns(words: string): readonly Noun[] {
  return words.split(' ').map((one) => ({ one, many: one.endsWith('sh') ? `${one}es` : `${one}s` }));
}

/** Goods of a few dollars that one can buy, give away, pack and count. */
export const NOUNS = nouns('album ball book brush candle cap card doll mug notebook pen plant puzzle toy umbrella');

/** Similar goods that exam questions rarely count. */
export const UNCOMMON_NOUNS = nouns(
  'bell charm crystal drum fan feather fossil icon idol magnet mask medal shell tile',
);

/** `a toy`, `an umbrella`: correct for the words above, whose first letter decides. */
export function withArticle(word: string): string {
  return `${/^[aeiou]/i.test(word) ? 'an' : 'a'} ${word}`;
}
