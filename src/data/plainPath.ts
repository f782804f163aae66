import { isRemote } from './checkChipPath.js';

/**
 * One way to write a path of a catalog: without `.`, `..` and empty parts, with slashes; an address as `URL` writes it.
 */
export function plainPath(path: string): string {
  if (isRemote(path)) return URL.canParse(path) ? new URL(path).href : path;
  if (!/\\|\/\/|(?:^|\/)\.\.?(?:\/|$)/.test(path)) return path;
  const parts: string[] = [];
  for (const part of path.split(/[\\/]/)) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
