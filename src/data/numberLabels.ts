import { DataError } from '../errors/DataError.js';

/** Values of a file as labels. */
export interface NumberedLabels {
  labels: number[];
  /** Names by number, or null where the values are integers. */
  classes: string[] | null;
}

/**
 * Numbers the values of a column or property: by `classes` where they are given, integers as they are, other names in
 * their order by letters.
 *
 * @param values With the place of each for messages.
 * @throws {DataError} If a value is no label: empty, not among `classes`, a fraction, or names and numbers are mixed.
 */
export function numberLabels(
  values: readonly { value: unknown; place: string }[],
  classes?: readonly string[],
): NumberedLabels {
  const texts = values.map(({ value, place }) => {
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
    if (typeof text !== 'string' || text.trim() === '') {
      throw new DataError(`${place}: there is no label (${JSON.stringify(value) ?? 'nothing'}).`);
    }
    return text.trim();
  });
  if (classes) {
    const labels = texts.map((text, i) => {
      const label = classes.indexOf(text);
      if (label < 0) {
        throw new DataError(`${values[i].place}: '${text}' is none of the classes ${classes.join(', ')}.`);
      }
      return label;
    });
    return { labels, classes: [...classes] };
  }
  const isInteger = (text: string) => /^\d{1,9}$/.test(text);
  if (texts.every(isInteger)) return { labels: texts.map(Number), classes: null };
  const odd = texts.findIndex((text) => isInteger(text) !== isInteger(texts[0]));
  const fraction = texts.findIndex(
    (text) => text !== '' && Number.isFinite(Number(text)) && !isInteger(text),
  );
  if (odd >= 0 || fraction >= 0) {
    const at = fraction >= 0 ? fraction : odd;
    throw new DataError(
      `${values[at].place}: '${texts[at]}' is no label beside '${texts[0]}'; labels are integers from 0, or names.`,
    );
  }
  const names = [...new Set(texts)].sort();
  return { labels: texts.map((text) => names.indexOf(text)), classes: names };
}
