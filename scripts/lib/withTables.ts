const BEGIN = '<!-- keys: written by npm run docs:config -->\n';
const END = '<!-- end of keys -->';

/** A page with the text between its two marks replaced. */
export function withTables(page: string, tables: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the page lacks the marks ${BEGIN.trim()} and ${END}.`);
  return `${page.slice(0, begin)}${BEGIN}\n${tables}\n${page.slice(end)}`;
}
