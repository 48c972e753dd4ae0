import { parquetSchema, type SchemaTree } from 'hyparquet';
import { type ParquetSource, readMetadata } from './parquet-footer.ts';

/**
 * Paths of the columns whose numbers are floats, with dots between names; the items of a list have the path of the list. In
 * JavaScript, whole numbers among them cannot be told from integers.
 * @throws UserError for a file that is no parquet
 */
export async function floatColumns(source: ParquetSource): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const visit = ({ element, children }: SchemaTree, path: readonly string[]): void => {
    const isList = element.converted_type === 'LIST' || element.logical_type?.type === 'LIST';
    const item = isList ? children[0]?.children[0] : undefined;
    if (item !== undefined) visit(item, path);
    else for (const child of children) visit(child, [...path, child.element.name]);
    if (children.length === 0 && (element.type === 'FLOAT' || element.type === 'DOUBLE')) found.add(path.join('.'));
  };
  visit(parquetSchema(await readMetadata(source)), []);
  return found;
}
