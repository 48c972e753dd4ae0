import { endOfString, lineOfError, parseJson } from './parse-json.ts';

/**
 * Parse JSON of Python: `NaN`, `Infinity` and `-Infinity`, which JSON does not have, become null.
 * @throws UserError with file and line, for a text that is not JSON, nests too deeply or has too many values
 */
export function parseJsonWithNaN(text: string, file: string, hint: string, firstLine = 1): unknown {
  const json = withoutNonFinite(text);
  const notJson = (error: Error) => {
    // Without a position, the text ended too early.
    const line = lineOfError(error, json) ?? json.trimEnd().split('\n').length;
    return `:${firstLine + line - 1} is not JSON, or it is cut off`;
  };
  return parseJson(json, { name: file, hint, notJson });
}

/** The text with null in place of numbers that are not finite. */
export function withoutNonFinite(text: string): string {
  if (!/NaN|Infinity/.test(text)) return text;
  let result = '';
  for (let start = 0; start < text.length; ) {
    const quote = text.indexOf('"', start);
    const end = quote === -1 ? text.length : quote;
    result += text.slice(start, end).replace(/-?\bInfinity\b|\bNaN\b/g, 'null');
    if (quote === -1) break;
    const close = endOfString(text, quote);
    result += text.slice(quote, close + 1);
    start = close + 1;
  }
  return result;
}
