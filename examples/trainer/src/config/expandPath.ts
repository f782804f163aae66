import { homedir } from 'node:os';
import path from 'node:path';

const VARIABLE = /\$(?:(\$)|\{(\w+)\}|([A-Za-z_]\w*)|)/g;

/**
 * A path with `~` at its beginning replaced by the user's home folder, `${NAME}` and `$NAME` by variables of the
 * environment, and `$$` by a dollar sign, as a shell does where it sees them unquoted.
 *
 * @throws If the path is empty, a variable is not set or empty, a dollar sign begins none, or the home folder is
 * another user's.
 */
export function expandPath(text: string): string {
  if (text.trim() === '') throw new Error('a path is needed.');
  const [first] = text.split(/[\\/]/, 1);
  if (first.startsWith('~') && first !== '~') {
    throw new Error(
      `${first} would be another user's home folder: write it out, or ./${first} for a folder of that name.`,
    );
  }
  const expanded = text.replaceAll(VARIABLE, (_, dollar?: string, braced?: string, bare?: string) => {
    if (dollar) return dollar;
    const name = braced ?? bare;
    if (name === undefined)
      throw new Error('a dollar sign in it begins no name; the sign itself is written $$.');
    const value = process.env[name];
    if (value) return value;
    throw new Error(
      `the environment variable ${name} is ${value === '' ? 'empty' : 'not set'}; a dollar sign itself is written $$.`,
    );
  });
  return first === '~' ? path.join(homedir(), expanded.slice(1)) : expanded;
}
