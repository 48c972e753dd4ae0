import { UserError } from '../user-error.ts';

/** @throws UserError if it has been removed since the process was started there */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    throw new UserError('the working directory does not exist', 'change to a folder that exists');
  }
}
