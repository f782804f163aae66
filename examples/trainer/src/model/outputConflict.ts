import path from 'node:path';

/**
 * What is wrong with writing something of each image into a folder, if anything: two of them would be one file, or one
 * would be an image that is read.
 *
 * @param names What is written, an image each.
 */
export function outputConflict(
  images: readonly string[],
  { out, names }: { out: string; names: readonly string[] },
): string | undefined {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return `two images are named ${twice}; --out could hold only one of them.`;
  const read = new Set(images.map((image) => path.resolve(image)));
  const own = names.find((name) => read.has(path.resolve(out, name)));
  return own && `${path.join(out, own)} is an image that is read: choose another folder by --out.`;
}
