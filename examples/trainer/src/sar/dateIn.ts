const DATE = /(?<!\d)(\d{4})([-_]?)(\d{2})\2(\d{2})(?!\d)/g;

/** The first date in a text, such as the name of a product, as `2017-06-13`; undefined without one. */
export function dateIn(text: string): string | undefined {
  for (const [, year, , month, day] of text.matchAll(DATE)) {
    const date = `${year}-${month}-${day}`;
    const time = Date.parse(`${date}T00:00:00Z`);
    // What rolls over, as the 31st of April, is no date.
    if (Number(year) >= 1978 && !Number.isNaN(time) && new Date(time).toISOString().startsWith(date))
      return date;
  }
  return undefined;
}
