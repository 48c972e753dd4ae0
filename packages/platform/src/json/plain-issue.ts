const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'an integer',
  number: 'a number',
  object: 'a mapping',
  record: 'a mapping',
  string: 'a text',
};

/** A message of zod without words of TypeScript. */
export function plainIssue(message: string): string {
  const [, expected, received] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
  if (expected !== undefined && received !== undefined) {
    const wanted = TYPE_NAMES[expected] ?? expected;
    return received === 'undefined'
      ? `missing, expected ${wanted}`
      : `expected ${wanted}, not ${TYPE_NAMES[received] ?? received}`;
  }
  const [, options] = /^Invalid option: expected one of (.+)$/.exec(message) ?? [];
  return options === undefined ? message : `expected one of ${options.replaceAll('"|"', '", "')}`;
}
