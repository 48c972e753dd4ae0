import { compileRegex, type PythonDict, type RegexMatch, replaceAll } from '@shadow-gate/python';
import {
  asIndex,
  asText,
  type Body,
  bind,
  type Environment,
  FILTERS,
  type Filter,
  GLOBALS,
  jinjaText,
  NotRead,
  parse,
  renderJinja,
  TESTS,
  TemplateError,
} from '@shadow-gate/python/jinja';

const KNOWN = new Map<string, Body>();
const MOST_KNOWN = 200;

/** As Jinja (3.1) does in lm-evaluation-harness. @throws PythonError for unknown names and unsupported syntax */
export function renderTemplate(source: string, document: PythonDict): string {
  const variables = [...document].map(([key, value]) => [jinjaText(key), value] as const);
  try {
    return renderJinja(parsed(source), variables, ENVIRONMENT);
  } catch (error) {
    // A macro calls itself without end.
    throw error instanceof RangeError ? new TemplateError(`the template is too deep: ${error.message}`) : error;
  }
}

function parsed(source: string): Body {
  const known = KNOWN.get(source);
  if (known !== undefined) return known;
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  const body = parse(source, ENVIRONMENT);
  KNOWN.set(source, body);
  return body;
}

/** lm-evaluation-harness's filter: `re.sub`. */
const regexReplace: Filter = (value, args) => {
  const bound = bind('the filter regex_replace', ['pattern', 'repl', 'count'], args, { required: 2 });
  const regex = compileRegex(asText(bound.get('pattern'), 'pattern'));
  const replacement = templateOf(asText(bound.get('repl'), 'repl'), regex.names);
  return replaceAll(regex, asText(value, 'the value'), replacement, asIndex(bound.get('count', 0), 'count'));
};

/** Jinja's own `tojson` escapes for HTML. */
const toJson: Filter = () => {
  throw new NotRead('the filter tojson is not read');
};

/** White space stays, even the last line end, and an unknown name is an error. */
const ENVIRONMENT: Environment = {
  trimBlocks: false,
  lstripBlocks: false,
  keepTrailingNewline: true,
  strict: true,
  filters: new Map([...FILTERS, ['regex_replace', regexReplace], ['tojson', toJson]]),
  tests: TESTS,
  tags: new Set(),
  globals: GLOBALS,
};

const CONTROLS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };

/** The replacement of `re.sub`: `\1`, `\g<1>`, `\g<name>`. */
function templateOf(text: string, names: ReadonlyMap<string, number>): (match: RegexMatch) => string {
  return (match) =>
    text.replace(/\\(?:g<(\w+)>|([1-9]\d?)|([\s\S]?))/g, (_, group?: string, digits?: string, letter?: string) => {
      const name = group ?? digits;
      if (name !== undefined) {
        const index = names.get(name) ?? Number(name);
        if (index === 0) return match.text;
        if (!(index <= match.groups.length)) throw new TemplateError(`there is no group ${name}`);
        return match.groups[index - 1] ?? '';
      }
      const control = CONTROLS[letter ?? ''];
      if (control === undefined) throw new TemplateError(`the replacement has the escape \\${letter}`);
      return control;
    });
}
