import { pool, type Relation } from './relation.ts';

export const units: Relation = {
  name: 'units',
  question: 'What is the SI unit of {subject}?',
  cloze: 'The SI unit of {subject} is the',
  reversed: 'Which quantity has the {object} as its SI unit?',
  pools: [
    pool(3, {
      'electric current': 'ampere',
      energy: 'joule',
      force: 'newton',
      frequency: 'hertz',
      length: 'meter',
      mass: 'kilogram',
      power: 'watt',
      pressure: 'pascal',
      temperature: 'kelvin',
      time: 'second',
    }),
    pool(4, {
      capacitance: 'farad',
      'electric charge': 'coulomb',
      'electrical resistance': 'ohm',
      inductance: 'henry',
      'luminous intensity': 'candela',
      'magnetic flux': 'weber',
    }),
  ],
};

/** No instruments named after what they measure, and no altimeter, which may use air pressure. */
export const instruments: Relation = {
  name: 'instruments',
  question: 'What does {subject} measure?',
  cloze: '{subject} measures',
  pools: [
    pool(3, {
      'a barometer': 'air pressure',
      'a Geiger counter': 'radiation',
      'a protractor': 'angles',
      'a seismograph': 'earthquakes',
      'a thermometer': 'temperature',
      'an odometer': 'distance traveled',
    }),
    pool(4, {
      'a chronometer': 'time',
      'a dynamometer': 'force',
      'a hydrometer': 'liquid density',
      'a hygrometer': 'humidity',
      'a photometer': 'light intensity',
      'a sphygmomanometer': 'blood pressure',
      'a tachometer': 'rotation speed',
      'an ammeter': 'electric current',
      'an anemometer': 'wind speed',
    }),
  ],
};

export const polygons: Relation = {
  name: 'polygons',
  question: 'How many sides does {subject} have?',
  cloze: 'The number of sides of {subject} is',
  reversed: 'Which polygon has {object} sides?',
  pools: [
    pool(3, {
      'a triangle': 'three',
      'a quadrilateral': 'four',
      'a pentagon': 'five',
      'a hexagon': 'six',
      'a heptagon': 'seven',
      'an octagon': 'eight',
      'a nonagon': 'nine',
      'a decagon': 'ten',
      'a dodecagon': 'twelve',
    }),
  ],
};
