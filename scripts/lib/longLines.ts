/** The most characters of a line of text. */
export const longestLine = 120;

/** Lines that cannot be broken: a row of a Markdown table, a regular expression, a word such as an address. */
const unbreakable = [/^\s*\|.*\|$/, /^\s*\/(?![/*]).*\/[a-z]*[;,]?$/, /^\s*\S+$/];

/** The lines of a file that are too long and could be broken, each as `FILE:LINE: …`. */
export function longLines(file: string, text: string): string[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const { length } = [...line];
    if (length <= longestLine || unbreakable.some((kind) => kind.test(line))) return [];
    return [`${file}:${index + 1}: ${length} characters, more than ${longestLine}`];
  });
}
