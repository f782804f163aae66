import type { ChipRow } from 'diffusion-ssl/data';

/**
 * A chip by its paths; addresses without credentials and query, where a signature stands that is another one each time.
 */
export function chipName({ images }: ChipRow): string {
  const names = images.map((image) => {
    if (!/^https?:/i.test(image) || !URL.canParse(image)) return image;
    const { protocol, host, pathname } = new URL(image);
    return `${protocol}//${host}${pathname}`;
  });
  return names.join(' + ');
}
