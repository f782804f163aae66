export interface Snippet {
  /** File and line of the opening fence. */
  where: string;
  code: string;
  /** Whether it is executed, or only type-checked (` ```ts no-run `). */
  run: boolean;
}

const fence = /^```(?:ts|typescript|js|javascript|mjs)\b[ \t]*(.*)\n([\s\S]*?)^```[ \t]*$/gm;

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** The fenced TypeScript and JavaScript blocks of a Markdown text whose first line is line `firstLine` of `file`. */
export function extractFromMarkdown(file: string, text: string, firstLine = 1): Snippet[] {
  return [...text.matchAll(fence)].map(({ 1: words, 2: code, index }) => ({
    where: `${file}:${lineOf(text, index) + firstLine - 1}`,
    code,
    run: !words.split(/\s+/).includes('no-run'),
  }));
}

/** The snippets of the doc comments of a source text: fenced blocks, and `@example`s that are bare code. */
export function extractFromComments(file: string, text: string): Snippet[] {
  return [...text.matchAll(/\/\*\*([\s\S]*?)\*\//g)].flatMap(({ 1: body, index }) => {
    const comment = body.replace(/^[ \t]*\*? ?/gm, '');
    const firstLine = lineOf(text, index);
    const bare = [...comment.matchAll(/^@example\b(.*(?:\n(?!@).*)*)/gm)].filter(
      ({ 1: code }) => !code.includes('```') && code.trim() !== '',
    );
    return [
      ...extractFromMarkdown(file, comment, firstLine),
      ...bare.map(({ 1: code, index: at }) => ({
        where: `${file}:${lineOf(comment, at) + firstLine - 1}`,
        code,
        run: true,
      })),
    ];
  });
}
