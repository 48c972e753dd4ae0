/**
 * Any index outside of the array is a bug of the caller, and would go on as `undefined` or NaN.
 * @throws {RangeError} if the index is not an integer from 0 to length - 1
 */
export function at<T>(array: { readonly [index: number]: T; readonly length: number }, index: number): T {
  const element = array[index];
  if (element === undefined && !(Number.isInteger(index) && index >= 0 && index < array.length)) {
    throw new RangeError(`Index ${index} is outside an array of ${array.length} elements`);
  }
  return element as T;
}
