import { DataError } from '../errors/DataError.js';
import { shownPath } from './shownPath.js';

/** Whether a path of a catalog is the address of a remote chip. */
export function isRemote(path: string): boolean {
  return /^https?:\/\//i.test(path);
}

/**
 * Throws unless a path of a catalog stays within the data path: relative, and never above it on its way. Looks at the
 * path alone, so what a symbolic link inside the data path points to is left to its owner.
 *
 * @param where Begins the message.
 */
export function checkChipPath(path: string, where: string): void {
  if (path === '') throw new DataError(`${where}: the path is empty.`);
  if (path.includes('\0'))
    throw new DataError(`${where}: the path '${shownPath(path)}' holds a zero character.`);
  const shell = /^~(?=[\\/]|$)|^\$\w+(?=[\\/])|\$\{[^}]*\}/.exec(path);
  if (shell)
    throw new DataError(
      `${where}: the path holds ${shell[0]}, which a catalog does not replace; ` +
        'write it out, relative to the data path.',
    );
  if (isRemote(path)) {
    if (URL.canParse(path)) return;
    throw new DataError(`${where}: '${shownPath(path)}' is no address.`);
  }
  const absolute = /^(?:[\\/]|[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]+:\/\/)/.test(path);
  let depth = 0;
  const leaves = path.split(/[\\/]/).some((part) => {
    if (part === '..') depth--;
    else if (part !== '' && part !== '.') depth++;
    return depth < 0;
  });
  if (absolute || leaves) {
    throw new DataError(
      `${where}: '${path}' leaves the data path; ` +
        'paths must be relative to it and stay within, or be http(s) addresses.',
    );
  }
}
