import { pool, type Relation } from './relation.ts';

/** One pool per era, so that the kind of event does not give the century away. */
export const events: Relation = {
  name: 'events',
  question: 'In which year did {subject} take place?',
  cloze: 'The year in which {subject} took place is',
  pools: [
    pool(5, {
      'the Battle of Hastings': '1066',
      'the sealing of Magna Carta': '1215',
      'the Battle of Agincourt': '1415',
      'the fall of Constantinople to the Ottomans': '1453',
      "Columbus's first voyage across the Atlantic": '1492',
    }),
    pool(5, {
      'the defeat of the Spanish Armada': '1588',
      'the Gunpowder Plot': '1605',
      'the Great Fire of London': '1666',
      'the great Lisbon earthquake': '1755',
      'the Boston Tea Party': '1773',
    }),
    pool(2, {
      'the American Declaration of Independence': '1776',
      'the storming of the Bastille': '1789',
      'the Battle of Trafalgar': '1805',
      'the Battle of Waterloo': '1815',
      'the Battle of Gettysburg': '1863',
      'the great eruption of Krakatoa': '1883',
    }),
    pool(2, {
      'the great San Francisco earthquake': '1906',
      'the sinking of the Titanic': '1912',
      'the October Revolution in Russia': '1917',
      'the Wall Street Crash': '1929',
      'the attack on Pearl Harbor': '1941',
      'the D-Day landings in Normandy': '1944',
    }),
    pool(2, {
      'the Suez Crisis': '1956',
      'the Cuban Missile Crisis': '1962',
      'the assassination of John F. Kennedy': '1963',
      'the first Moon landing by humans': '1969',
      'the Chernobyl disaster': '1986',
      'the fall of the Berlin Wall': '1989',
      'the September 11 attacks on New York': '2001',
    }),
  ],
};
