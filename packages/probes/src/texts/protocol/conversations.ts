import type { Seed } from '../../random.ts';
import { Random } from '../../random.ts';

/** A question that has one short answer, with that answer as a whole sentence. */
export interface ShortAnswer {
  readonly question: string;
  readonly answer: string;
}

/** A request that only a tool can answer, and the call that answers it. */
export interface ToolRequest {
  readonly question: string;
  readonly name: string;
  /** The parameters, all required; some templates sort them, so their names are in order. */
  readonly given: Readonly<Record<string, string>>;
}

/** What the protocol is asked with. */
export interface Conversations {
  readonly answers: readonly ShortAnswer[];
  readonly requests: readonly ToolRequest[];
  /** What a user says that no tool can help with. */
  readonly smallTalk: readonly string[];
  readonly thoughts: ReadonlyArray<ShortAnswer & { readonly thought: string }>;
}

/** Texts at each place. */
const TEXTS = 24;

const CAPITALS = [
  ...[
    ['France', 'Paris'],
    ['Italy', 'Rome'],
    ['Japan', 'Tokyo'],
    ['Spain', 'Madrid'],
    ['Egypt', 'Cairo'],
  ],
  ...[
    ['Russia', 'Moscow'],
    ['Germany', 'Berlin'],
    ['Greece', 'Athens'],
    ['Ireland', 'Dublin'],
    ['Cuba', 'Havana'],
  ],
  ...[
    ['Norway', 'Oslo'],
    ['Portugal', 'Lisbon'],
    ['Austria', 'Vienna'],
    ['Poland', 'Warsaw'],
    ['Peru', 'Lima'],
  ],
] as const;
const OPPOSITES = [
  ...[
    ['hot', 'cold'],
    ['big', 'small'],
    ['up', 'down'],
    ['open', 'closed'],
    ['early', 'late'],
    ['full', 'empty'],
  ],
  ...[
    ['old', 'new'],
    ['wet', 'dry'],
    ['rich', 'poor'],
    ['fast', 'slow'],
    ['dark', 'light'],
    ['happy', 'sad'],
  ],
] as const;
const COLORS = [
  ...[
    ['grass', 'green'],
    ['snow', 'white'],
    ['blood', 'red'],
    ['coal', 'black'],
    ['a ripe banana', 'yellow'],
  ],
  ...[
    ['a clear sky', 'blue'],
    ['a carrot', 'orange'],
    ['milk', 'white'],
    ['a ripe tomato', 'red'],
  ],
] as const;
const YOUNG = [
  ...[
    ['dog', 'puppy'],
    ['cat', 'kitten'],
    ['cow', 'calf'],
    ['sheep', 'lamb'],
    ['horse', 'foal'],
    ['hen', 'chick'],
  ],
  ...[
    ['bear', 'cub'],
    ['goat', 'kid'],
    ['deer', 'fawn'],
    ['frog', 'tadpole'],
  ],
] as const;
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const CITIES = CAPITALS.map(([, city]) => city);
const CURRENCIES = ['EUR', 'GBP', 'JPY', 'CHF', 'CAD', 'AUD', 'SEK', 'INR'] as const;
const WORDS = ['cloud', 'water', 'bread', 'winter', 'friend', 'window', 'garden', 'river'] as const;
const LANGUAGES = ['French', 'German', 'Spanish', 'Italian', 'Polish', 'Dutch', 'Swedish', 'Greek'] as const;

const next = (names: readonly string[]) =>
  names.map((name, i) => [name, names[(i + 1) % names.length] ?? name] as const);

/** One draw of each kind in turn. */
const KINDS: ReadonlyArray<(random: Random) => ShortAnswer> = [
  (random) => {
    const [country, city] = random.pick(CAPITALS);
    return { question: `What is the capital of ${country}?`, answer: `The capital of ${country} is ${city}.` };
  },
  (random) => {
    const [a, b] = [random.int(2, 49), random.int(2, 49)];
    return { question: `How much is ${a} plus ${b}?`, answer: `${a} plus ${b} is ${a + b}.` };
  },
  (random) => {
    const [word, other] = random.pick(OPPOSITES);
    return { question: `What is the opposite of "${word}"?`, answer: `The opposite of "${word}" is "${other}".` };
  },
  (random) => {
    const [day, after] = random.pick(next(DAYS));
    return { question: `Which day comes after ${day}?`, answer: `${after} comes after ${day}.` };
  },
  (random) => {
    const [thing, color] = random.pick(COLORS);
    return { question: `What color is ${thing}?`, answer: `The color of ${thing} is ${color}.` };
  },
  (random) => {
    const [animal, young] = random.pick(YOUNG);
    return { question: `What is a young ${animal} called?`, answer: `A young ${animal} is called a ${young}.` };
  },
  (random) => {
    const [month, after] = random.pick(next(MONTHS));
    return { question: `Which month follows ${month}?`, answer: `The month after ${month} is ${after}.` };
  },
  (random) => {
    const [a, b] = [random.int(12, 60), random.int(2, 11)];
    return { question: `How much is ${a} minus ${b}?`, answer: `${a} minus ${b} is ${a - b}.` };
  },
];

const BRIEF = ['Answer in one short sentence.', 'One short sentence, please.', 'Please be brief.', 'In one sentence:'];

/** Tools that each text offers, in the form of chat templates (JSON Schema of a function). */
export const TOOLS = [
  tool('get_weather', 'Get the current weather of a city.', { city: 'Name of the city' }),
  tool('get_local_time', 'Get the current local time in a city.', { city: 'Name of the city' }),
  tool('get_exchange_rate', 'Get the current exchange rate of two currencies.', {
    ...{ currency: 'Code of the currency', target: 'Code of the other currency' },
  }),
  tool('translate_word', 'Look up a word in the dictionary of another language.', {
    ...{ language: 'Name of the language', word: 'English word' },
  }),
];

function tool(name: string, description: string, parameters: Readonly<Record<string, string>>) {
  const properties = Object.entries(parameters).map(([own, text]) => [own, { type: 'string', description: text }]);
  return {
    type: 'function',
    function: {
      ...{ name, description },
      parameters: {
        ...{ type: 'object', properties: Object.fromEntries(properties), required: Object.keys(parameters) },
      },
    },
  };
}

const REQUESTS: ReadonlyArray<(random: Random) => ToolRequest> = [
  (random) => {
    const city = random.pick(CITIES);
    const question = random.pick([`What is the weather in ${city} right now?`, `Is it raining in ${city} today?`]);
    return { question, name: 'get_weather', given: { city } };
  },
  (random) => {
    const city = random.pick(CITIES);
    const question = random.pick([`What time is it in ${city} right now?`, `Tell me the current time in ${city}.`]);
    return { question, name: 'get_local_time', given: { city } };
  },
  (random) => {
    const [currency = '', target = ''] = random.sample(CURRENCIES, 2);
    const question = `What is the exchange rate of ${currency} to ${target} today?`;
    return { question, name: 'get_exchange_rate', given: { currency, target } };
  },
  (random) => {
    const [word, language] = [random.pick(WORDS), random.pick(LANGUAGES)];
    const question = `Look up the ${language} word for "${word}" in the dictionary.`;
    return { question, name: 'translate_word', given: { language, word } };
  },
];

const SMALL_TALK = [
  ...['Hello!', 'Hi there, how are you?', 'Good morning!', 'Thank you, that was helpful.', 'Tell me a joke.'],
  ...[
    'What is your name?',
    'Good night!',
    'How was your day?',
    'You are very kind.',
    'I am bored.',
    'Nice to meet you.',
  ],
  ...['Tell me a short story about a cat.', 'Can you write a poem?', 'I like music.', 'Never mind.', 'Thanks a lot!'],
  ...['What do you like to do?', 'I had a great weekend.', 'Say something nice.', 'See you later!', 'Who made you?'],
  ...['I feel tired today.', 'Do you like books?', 'That is funny.', 'Have a nice day!', 'I will think about it.'],
];

/** The same for the same seed, on every machine. */
export function drawConversations(seed: Seed): Conversations {
  const random = new Random(seed, 'protocol');
  const answers = distinct(KINDS, random).map(({ question, answer }, i) => {
    const brief = random.pick(BRIEF);
    return { question: i % 2 === 0 ? question : `${brief} ${question}`, answer };
  });
  return {
    answers,
    requests: distinct(REQUESTS, random),
    smallTalk: random.sample(SMALL_TALK, TEXTS),
    thoughts: answers.map((own) => ({ ...own, thought: `The user asks: ${own.question} I know this. ${own.answer}` })),
  };
}

/** One of each kind in turn, and none twice while others are left. */
function distinct<T extends { readonly question: string }>(
  kinds: ReadonlyArray<(r: Random) => T>,
  random: Random,
): T[] {
  const found: T[] = [];
  const known = new Set<string>();
  for (let tries = 0; found.length < TEXTS && tries < 50 * TEXTS; tries += 1) {
    const one = kinds[found.length % kinds.length]?.(random);
    if (one === undefined || known.has(one.question)) continue;
    known.add(one.question);
    found.push(one);
  }
  return found;
}
