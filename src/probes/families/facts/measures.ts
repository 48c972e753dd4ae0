import { pool, type Relation } from './relation.ts';

export const units: Relation = {
  name: 'units',
  question: 'What is the SI unit of {subject}?',
  cloze: 'The SI unit of {subject} is the',
  reversed: 'Which quantity has the {object} as its SI unit?',
  pools: [
    pool({
      capacitance: 'farad',
      'electric charge': 'coulomb',
      'electric current': 'ampere',
      'electrical resistance': 'ohm',
      energy: 'joule',
      force: 'newton',
      frequency: 'hertz',
      inductance: 'henry',
      length: 'meter',
      'luminous intensity': 'candela',
      'magnetic flux': 'weber',
      mass: 'kilogram',
      power: 'watt',
      pressure: 'pascal',
      temperature: 'kelvin',
      time: 'second',
    }),
  ],
};

/**
 * Without instruments that are named after what they measure, and without the altimeter, which may use air pressure.
 */
export const instruments: Relation = {
  name: 'instruments',
  question: 'What does {subject} measure?',
  cloze: '{subject} measures',
  pools: [
    pool({
      'a barometer': 'air pressure',
      'a chronometer': 'time',
      'a dynamometer': 'force',
      'a Geiger counter': 'radiation',
      'a hydrometer': 'liquid density',
      'a hygrometer': 'humidity',
      'a photometer': 'light intensity',
      'a protractor': 'angles',
      'a seismograph': 'earthquakes',
      'a sphygmomanometer': 'blood pressure',
      'a tachometer': 'rotation speed',
      'a thermometer': 'temperature',
      'an ammeter': 'electric current',
      'an anemometer': 'wind speed',
      'an odometer': 'distance traveled',
    }),
  ],
};

export const polygons: Relation = {
  name: 'polygons',
  question: 'How many sides does {subject} have?',
  cloze: 'The number of sides of {subject} is',
  reversed: 'Which polygon has {object} sides?',
  pools: [
    pool({
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
