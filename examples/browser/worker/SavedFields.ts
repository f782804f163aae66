/** What JSON makes of an object. */
export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of a file's header, read one by one: a number out of its range is an error that names file and field. */
export class SavedFields {
  constructor(
    private readonly name: string,
    readonly fields: Fields,
  ) {}

  number(key: string, low: number, high: number, missing?: number): number {
    const value = this.fields[key] ?? missing;
    if (typeof value === 'number' && value >= low && value <= high) return value;
    throw this.error(key, `a number from ${low} to ${high}`);
  }

  integer(key: string, low: number, high: number): number {
    const value = this.number(key, low, high);
    if (Number.isInteger(value)) return value;
    throw this.error(key, 'an integer');
  }

  private error(key: string, accepted: string): Error {
    const value = String(JSON.stringify(this.fields[key])).slice(0, 40);
    return new Error(
      `${this.name} does not open: its header says ${key} is ${value}, which must be ${accepted}.`,
    );
  }
}
