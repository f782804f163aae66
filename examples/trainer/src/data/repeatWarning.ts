import type { CatalogChips, CatalogRepeat } from 'diffusion-ssl/data/node';

const ADJECTIVES = { train: 'training', validate: 'validation', test: 'test', predict: 'prediction' };

/** Says which chips of a catalog are in two splits, or twice in one. */
export function repeatWarning(
  { usages: [first, second], count, examples }: CatalogRepeat,
  chips: Pick<CatalogChips, CatalogRepeat['usages'][number]>,
): string {
  const rows = examples.map(({ line, chip }) => `line ${line}: ${chip}`).join(', ');
  const list = count > examples.length ? `${rows}, …` : rows;
  const share = `${count} of ${chips[second].length} ${ADJECTIVES[second]}`;
  const are = count === 1 ? 'is' : 'are';
  return first === second
    ? `${share} rows repeat${count === 1 ? 's' : ''} an earlier one (${list}).`
    : `${share} chips ${are} in the ${ADJECTIVES[first]} split too (${list}): ` +
        'the loss over them says nothing of chips that were never seen.';
}
