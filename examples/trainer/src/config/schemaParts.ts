import { z } from 'zod';

/** What the schema of a key says besides its type. */
export interface KeyInfo {
  /** Completes "it must be …". */
  accepted: string;
  /** What the key does. */
  description: string;
}

/** A schema with the words for what it accepts. */
export function accepting<T extends z.ZodType>(schema: T, accepted: string): T {
  return schema.meta({ accepted });
}

/** Numbers in quotes are numbers too: YAML 1.1 readers took 1e-6 for text. */
function quoted<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => {
    const isNumber = typeof value === 'string' && /^[-+]?(\d|\.\d)[\d.]*(e[-+]?\d+)?$/i.test(value.trim());
    return isNumber ? Number(value) : value;
  }, schema);
}

const finite = quoted(z.number());

/** An integer of at least `min`. */
export function integer(min: number) {
  return accepting(quoted(z.int().min(min)), `an integer of at least ${min}`);
}

/** A number from `min` up to `max`. */
export function number(min: number, max?: number) {
  if (max === undefined) return accepting(quoted(z.number().min(min)), `a number of at least ${min}`);
  return accepting(quoted(z.number().min(min).max(max)), `a number from ${min} to ${max}`);
}

/** A number of at least `min`, and below `limit`. */
export function numberBelow(min: number, limit: number) {
  return accepting(quoted(z.number().min(min).lt(limit)), `a number from ${min} to below ${limit}`);
}

/** A number above 0. */
export function positive() {
  return accepting(quoted(z.number().positive()), 'a number above 0');
}

/** true or false. */
export function flag() {
  return accepting(z.boolean(), 'true or false');
}

/** Text that is not empty. */
export function text(what: string) {
  return accepting(z.string().min(1), what);
}

/** One of some words. */
export function oneOf<const T extends readonly string[]>(values: T) {
  return accepting(z.enum(values), `one of ${values.join(', ')}`);
}

/** One of some numbers. */
export function oneOfNumbers<const T extends readonly number[]>(values: T) {
  return accepting(quoted(z.literal(values)), `one of ${values.join(', ')}`);
}

/** One of some words, in capitals too, as the tutorial's code reads them. */
export function nameOf<const T extends readonly string[]>(values: T) {
  const lower = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : value);
  return accepting(z.preprocess(lower, z.enum(values)), `one of ${values.join(', ')}`);
}

/** Two numbers, the second not below the first; null leaves out what they are for. */
export function range(min?: number) {
  const value = min === undefined ? finite : quoted(z.number().min(min));
  return accepting(
    z
      .tuple([value, value])
      .refine(([low, high]) => low <= high)
      .nullable(),
    `two numbers${min === undefined ? '' : ` of at least ${min}`}, the second not below the first, or null for none`,
  );
}

/** A list of numbers. */
export function numbers(least: number) {
  return accepting(
    z.array(finite).min(least),
    least > 0 ? 'a list of one number or more' : 'a list of numbers, [] for none',
  );
}

/** A list of integers, as many as `count` where that is given. */
export function integers(min: number, count?: number) {
  const list = z.array(quoted(z.int().min(min)));
  return count === undefined
    ? accepting(list.min(1), `a list of one integer or more, each of at least ${min}`)
    : accepting(list.length(count), `a list of ${count} integers of at least ${min}`);
}

/** A list of integers of at least `min`, which may be empty. */
export function anyIntegers(min: number) {
  return accepting(z.array(quoted(z.int().min(min))), `a list of integers of at least ${min}`);
}

/** A list of bands, as texts. */
export function bands() {
  const band = z.union([z.int().min(1), z.string().trim().min(1)]).transform(String);
  return accepting(
    z
      .array(band)
      .min(1)
      .refine((list) => new Set(list).size === list.length),
    'a list of different bands, each a number from 1 on or a name',
  );
}

/** A key that the tutorial's code never reads: only its shipped value is accepted. */
export function unused<const T extends null | 0>(value: T) {
  return accepting(
    z.literal(value),
    `${value}, its shipped value (the tutorial reads no other): leave it so, or out`,
  );
}

/** A block of keys. */
export function block<T extends z.ZodRawShape>(shape: T) {
  return accepting(z.strictObject(shape), `a block of keys: ${Object.keys(shape).join(', ')}`);
}

/** What a schema says of itself, defaults and optional ones looked through. */
export function keyInfo(schema: z.ZodType): Partial<KeyInfo> {
  const inner = (schema.def as { innerType?: z.ZodType }).innerType;
  return { ...(inner && keyInfo(inner)), ...(schema.meta() as Partial<KeyInfo> | undefined) };
}
