import { isRemote } from './checkChipPath.js';

/**
 * A chip's path as messages show it: of an address neither credentials nor the query, which may be a signature.
 */
export function shownPath(path: string): string {
  if (!isRemote(path) || !URL.canParse(path)) return path;
  const { protocol, host, pathname, search } = new URL(path);
  return `${protocol}//${host}${pathname}${search === '' ? '' : '?…'}`;
}
