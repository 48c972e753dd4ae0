import type { Random } from '../random.ts';

interface Distractor {
  /** `#` stands for a number that names something and does not count anything. */
  readonly sentence: string;
  /** Matches texts that the sentence could be related to without a common word. */
  readonly topic: RegExp;
}

/** True, about everyday things, and without a number: nothing that an exam would ask about. */
export const UNRELATED_FACTS: readonly Distractor[] = [
  { sentence: 'Keys are easily lost.', topic: /lock|piano|door/i },
  { sentence: 'Cats often sleep.', topic: /animal|\bpets?\b|feline|\bdogs?\b|kitten|predator|mammal/i },
  { sentence: 'Bread comes in loaves.', topic: /bak|food|wheat|yeast|flour|cook/i },
  { sentence: 'Soup is eaten with spoons.', topic: /food|cook|meal|restaurant|bowl|utensil/i },
  { sentence: 'Bicycles have handlebars.', topic: /bike|cycl|vehicle|wheel/i },
  { sentence: 'Curtains hang at windows.', topic: /cloth|fabric|light|glass|house/i },
  { sentence: 'Pencils get blunt.', topic: /\bpens?\b|write|writing|graphite|school/i },
  { sentence: 'Ladders have rungs.', topic: /climb|tool|height|slope|angle|wall/i },
  { sentence: 'Socks come in pairs.', topic: /cloth|wool|yarn|knit|shoe|foot|feet|probabilit/i },
  { sentence: 'Chairs can be stacked.', topic: /furnit|seat|table|arrange/i },
  { sentence: 'Candles give off light.', topic: /lamp|wax|fire|burn|flame|optic|sun|solar|energy|electric/i },
  { sentence: 'Umbrellas can be folded.', topic: /rain|weather|paper/i },
  { sentence: 'Brooms have long handles.', topic: /clean|sweep|brush|floor/i },
];

/** For word problems: nothing in these sentences can be counted, bought, or meant by "she" or "it". */
export const NUMBERED_REMARKS: readonly Distractor[] = [
  {
    sentence: 'Bus line # stops nearby.',
    topic: /\bbus|transit|\brid(e|es|ing)\b|ticket|station|train|driv|stop|traffic/i,
  },
  { sentence: 'The TV is on channel #.', topic: /television|\btv\b|watch|movie|show|stream|video|screen|news/i },
  {
    sentence: 'It is # degrees outside.',
    topic: /temperature|weather|warm|cold|\bhot\b|heat|rain|snow|\bsun|angle|\bice\b|season/i,
  },
  {
    sentence: 'Room # is down the hall.',
    topic: /hotel|school|class|building|house|apartment|office|college|student/i,
  },
  { sentence: 'The postal code ends in #.', topic: /mail|post|letter|stamp|digit|number|package|deliver/i },
  {
    sentence: 'The road outside is Route #.',
    topic: /highway|driv|\bmiles?\b|trip|travel|\bcars?\b|traffic|truck|speed|street|bike|walk|hik/i,
  },
  { sentence: 'Track # is playing.', topic: /song|music|record|danc|\br[au]n|race|photo|game|play/i },
  { sentence: 'Seat # is taken.', topic: /ticket|\bbus|train|concert|theat|movie|chair|\bsit|stadium|plane/i },
  { sentence: 'Pier # is quiet.', topic: /boat|ship|\bsea\b|fish|beach|ocean|harbo|sail|water/i },
  { sentence: 'Studio # is dark.', topic: /\bart|film|photo|danc|music|paint|draw|apartment|light|lamp/i },
  { sentence: 'Door # is locked.', topic: /house|\bkeys?\b|lock|room|apartment|hotel/i },
  { sentence: 'Gate # is closed.', topic: /flight|airport|train|fence|farm|zoo|park|garden|stadium/i },
  { sentence: 'Locker # has a blue door.', topic: /school|gym|swim|team|paint|colou?r|house|class|key/i },
  { sentence: 'Parking space # is empty.', topic: /\bcars?\b|driv|truck|vehicle|garage|traffic|park|storage|room/i },
  {
    sentence: 'Table # is by the window.',
    topic: /restaurant|dinner|lunch|seat|furnit|waiter|guest|party|glass|menu/i,
  },
];

/** Sentences unrelated to the text, in random order; all sentences if none is. */
export function drawUnrelated(distractors: readonly Distractor[], text: string, random: Random): string[] {
  const words = contentWords(text);
  const unrelated = distractors.filter(
    ({ sentence, topic }) => !topic.test(text) && !contentWords(sentence).some((word) => words.includes(word)),
  );
  return random.shuffle(unrelated.length === 0 ? distractors : unrelated).map(({ sentence }) => sentence);
}

/** The beginnings of the longer words, so that `sharpen` and `sharpened` are the same. */
function contentWords(text: string): string[] {
  return (text.toLowerCase().match(/\p{L}{4,}/gu) ?? []).map((word) => word.slice(0, 5));
}
