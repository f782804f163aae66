/** A chip's path as messages show it: of an address neither credentials nor the query, which may be a signature. */
export function shownPath(path: string): string {
  if (!/^https?:\/\//i.test(path)) return path;
  return path.replace(/^(https?:\/\/)[^/?#]*@/i, '$1').replace(/[?#].*$/s, '?…');
}
