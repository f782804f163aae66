import { ConfigError } from 'diffusion-ssl/errors';

/**
 * Refuses options that would change a resumed run.
 *
 * @param given Those that may not change, by their keys.
 * @param saved What the run has.
 * @param nameOf How the user named one.
 * @throws {ConfigError} If one is another than the run's.
 */
export function refuseOtherOptions(
  given: readonly (readonly [key: string, value: unknown])[],
  saved: Readonly<Record<string, unknown>>,
  nameOf: (key: string) => string,
): void {
  const changed = given.filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(saved[key]));
  if (changed.length === 0) return;
  const list = changed.map(([key]) => `${nameOf(key)} (the run has ${JSON.stringify(saved[key])})`);
  throw new ConfigError(
    `A resumed run keeps its configuration; leave out ${list.join(', ')}, or start a new run.`,
  );
}
