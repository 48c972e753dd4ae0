import { at } from '@shadow-gate/platform';

/** 0 to 99,999 in words, as dictionaries write them (French with the spelling of 1990: hyphens everywhere). */
export const NUMBER_WORDS: Readonly<Record<string, (n: number) => string>> = {
  French: french,
  German: german,
  Spanish: spanish,
};

const FRENCH_SMALL =
  'zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf'.split(
    ' ',
  );
const FRENCH_TENS = ' dix vingt trente quarante cinquante soixante'.split(' ');

function frenchBelow100(n: number): string {
  if (n < 20) return at(FRENCH_SMALL, n);
  if (n >= 80) return n === 80 ? 'quatre-vingts' : `quatre-vingt-${at(FRENCH_SMALL, n - 80)}`;
  const ten = n >= 60 ? 60 : n - (n % 10);
  const rest = n - ten;
  if (rest === 0) return at(FRENCH_TENS, ten / 10);
  return `${at(FRENCH_TENS, ten / 10)}-${rest === 1 || rest === 11 ? 'et-' : ''}${at(FRENCH_SMALL, rest)}`;
}

function french(n: number): string {
  if (n < 100) return frenchBelow100(n);
  const [unit, name] = n < 1000 ? [100, 'cent'] : [1000, 'mille'];
  const [many, rest] = [Math.floor(n / unit), n % unit];
  // `cents` and `quatre-vingts` lose their s before another number, `mille` included.
  const before = many === 1 ? '' : `${french(many).replace(/(cent|vingt)s$/, '$1')}-`;
  if (rest > 0) return `${before}${name}-${french(rest)}`;
  return `${before}${name}${unit === 100 && many > 1 ? 's' : ''}`;
}

const GERMAN_SMALL =
  'null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn'.split(
    ' ',
  );
const GERMAN_TENS = ' zehn zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig'.split(' ');

/** Without the s of `eins`, which only the end of a word has. */
function germanStem(n: number): string {
  if (n < 20) return at(GERMAN_SMALL, n);
  if (n < 100) return `${n % 10 === 0 ? '' : `${at(GERMAN_SMALL, n % 10)}und`}${at(GERMAN_TENS, Math.floor(n / 10))}`;
  const [unit, name] = n < 1000 ? [100, 'hundert'] : [1000, 'tausend'];
  return `${germanStem(Math.floor(n / unit))}${name}${n % unit === 0 ? '' : germanStem(n % unit)}`;
}

function german(n: number): string {
  return n % 100 === 1 ? `${germanStem(n)}s` : germanStem(n);
}

const SPANISH_SMALL = (
  'cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho ' +
  'diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve'
).split(' ');
const SPANISH_TENS = '   treinta cuarenta cincuenta sesenta setenta ochenta noventa'.split(' ');
const SPANISH_HUNDREDS =
  ' ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos'.split(' ');

function spanish(n: number): string {
  if (n < 30) return at(SPANISH_SMALL, n);
  if (n < 100) return `${at(SPANISH_TENS, Math.floor(n / 10))}${n % 10 === 0 ? '' : ` y ${at(SPANISH_SMALL, n % 10)}`}`;
  if (n === 100) return 'cien';
  if (n < 1000) return `${at(SPANISH_HUNDREDS, Math.floor(n / 100))}${n % 100 === 0 ? '' : ` ${spanish(n % 100)}`}`;
  const many = Math.floor(n / 1000);
  // `uno` is shortened before `mil`.
  const before =
    many === 1
      ? ''
      : `${spanish(many)
          .replace(/veintiuno$/, 'veintiún')
          .replace(/uno$/, 'un')} `;
  return `${before}mil${n % 1000 === 0 ? '' : ` ${spanish(n % 1000)}`}`;
}
