import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** An element as the parser gives it: its children under its name, and its attributes under `:@`. */
type XmlNode = Readonly<Record<string, readonly XmlNode[] | string | Readonly<Record<string, string>>>>;

interface JunitElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly JunitElement[];
  readonly text: string;
}

/**
 * What Jenkins' schema `junit-10.xsd` allows in an element, of what a report needs: attributes that have to be there,
 * others, children.
 */
const SCHEMA: Readonly<Record<string, readonly [required: string[], optional: string[], children: string[]]>> = {
  testsuites: [[], ['name', 'time', 'tests', 'failures', 'errors'], ['testsuite']],
  testsuite: [
    ['name', 'tests', 'failures', 'errors'],
    ['time', 'skipped'],
    ['properties', 'testcase'],
  ],
  properties: [[], [], ['property']],
  property: [['name', 'value'], [], []],
  testcase: [['name'], ['classname'], ['skipped', 'error', 'failure', 'system-out']],
  skipped: [[], ['message'], []],
  error: [[], ['type', 'message'], []],
  failure: [[], ['type', 'message'], []],
  'system-out': [[], [], []],
};

/** Everything but the characters that XML 1.0 allows. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

export interface JunitCase {
  readonly classname: string;
  readonly name: string;
  readonly outcome: 'passed' | 'skipped' | 'error' | 'failure';
  readonly message: string;
  readonly output: string;
}

export interface JunitFile {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly cases: readonly JunitCase[];
}

/** Read JUnit XML as a strict reader does. @throws Error for what is no XML, or has what the schema does not allow */
export function readJunit(xml: string): JunitFile {
  if (FORBIDDEN.test(xml)) throw new Error('a character that XML 1.0 forbids');
  const valid = XMLValidator.validate(xml);
  if (valid !== true) throw new Error(valid.err.msg);
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    trimValues: false,
    htmlEntities: true,
    processEntities: { enabled: true, maxTotalExpansions: 1e7, maxExpandedLength: 1e8 },
  });
  const roots = (parser.parse(xml) as XmlNode[]).map(elementOf).filter(({ name }) => name === 'testsuites');
  const [root] = roots;
  const [suite, ...others] = root?.children ?? [];
  if (root === undefined || suite === undefined || others.length > 0) throw new Error('not one suite of tests');
  expectAllowed(root);
  const [properties, ...cases] = suite.children;
  const count = (name: string) => Number(suite.attributes[name]);
  return {
    tests: count('tests'),
    failures: count('failures'),
    errors: count('errors'),
    skipped: count('skipped'),
    properties: Object.fromEntries(
      (properties?.children ?? []).map(({ attributes: { name, value } }) => [name, value ?? '']),
    ),
    cases: cases.map(caseOf),
  };
}

function elementOf(node: XmlNode): JunitElement {
  const [name = ''] = Object.keys(node).filter((key) => key !== ':@');
  const inside = node[name];
  const nodes = Array.isArray(inside) ? (inside as readonly XmlNode[]) : [];
  const texts = nodes.flatMap((child) => (typeof child['#text'] === 'string' ? [child['#text']] : []));
  return {
    name,
    attributes: (node[':@'] ?? {}) as Readonly<Record<string, string>>,
    children: nodes.filter((child) => !('#text' in child)).map(elementOf),
    text: texts.join(''),
  };
}

function expectAllowed({ name, attributes, children }: JunitElement): void {
  const allowed = SCHEMA[name];
  if (allowed === undefined) throw new Error(`no element is called ${name}`);
  const [required, optional, inside] = allowed;
  const given = Object.keys(attributes);
  const wrong = [
    ...required.filter((key) => !given.includes(key)),
    ...given.filter((key) => ![...required, ...optional].includes(key)),
    ...children.map((child) => child.name).filter((child) => !inside.includes(child)),
  ];
  if (wrong.length > 0) throw new Error(`${name}: ${wrong.join(', ')}`);
  for (const child of children) expectAllowed(child);
}

function caseOf({ attributes: { classname = '', name = '' }, children }: JunitElement): JunitCase {
  // More than one outcome is read in another way by every reader.
  const [result, ...others] = children;
  if (others.length > 0) throw new Error(`${name} has several outcomes`);
  const outcome = result === undefined || result.name === 'system-out' ? 'passed' : result.name;
  return {
    classname,
    name,
    outcome: outcome as JunitCase['outcome'],
    message: result?.attributes.message ?? '',
    output: result?.text ?? '',
  };
}
