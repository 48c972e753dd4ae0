/** A thing that word problems count. */
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

/** No English words, but they could be. With a capital letter all are two tokens of those three. */
export const NONCE_WORDS = (
  'fep wug kiv plog snar vosh dorp lunt mib quob rulf skeb tulb vank yimp brop flim gled jeph krend lorb nurb pelk ' +
  'rask sleb thrib zint gax jop vop wib yot drom lorn menk norg ront tovo worp crul grol hurn karb morv prug relf ' +
  'snib torv vark yorb'
).split(' ');

/** Goods of a few dollars that one can buy, give away, pack and count. */
export const NOUNS: readonly Noun[] = [
  { one: 'album', many: 'albums' },
  { one: 'ball', many: 'balls' },
  { one: 'book', many: 'books' },
  { one: 'brush', many: 'brushes' },
  { one: 'candle', many: 'candles' },
  { one: 'cap', many: 'caps' },
  { one: 'card', many: 'cards' },
  { one: 'doll', many: 'dolls' },
  { one: 'mug', many: 'mugs' },
  { one: 'notebook', many: 'notebooks' },
  { one: 'pen', many: 'pens' },
  { one: 'plant', many: 'plants' },
  { one: 'puzzle', many: 'puzzles' },
  { one: 'toy', many: 'toys' },
  { one: 'umbrella', many: 'umbrellas' },
];

/** Similar goods that exam questions rarely count. */
export const UNCOMMON_NOUNS: readonly Noun[] = [
  { one: 'bell', many: 'bells' },
  { one: 'charm', many: 'charms' },
  { one: 'crystal', many: 'crystals' },
  { one: 'drum', many: 'drums' },
  { one: 'fan', many: 'fans' },
  { one: 'feather', many: 'feathers' },
  { one: 'fossil', many: 'fossils' },
  { one: 'icon', many: 'icons' },
  { one: 'idol', many: 'idols' },
  { one: 'magnet', many: 'magnets' },
  { one: 'mask', many: 'masks' },
  { one: 'medal', many: 'medals' },
  { one: 'shell', many: 'shells' },
  { one: 'tile', many: 'tiles' },
];

/** `a toy`, `an umbrella`: correct for the words above, whose first letter decides. */
export function withArticle(word: string): string {
  return `${/^[aeiou]/i.test(word) ? 'an' : 'a'} ${word}`;
}
