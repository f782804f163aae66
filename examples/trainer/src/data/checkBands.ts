/**
 * Throws unless chips have the bands that an option names.
 *
 * @param option Begins the message.
 */
export function checkBands(option: string, bands: readonly number[], channels: number): void {
  const missing = bands.filter((band) => band >= channels);
  if (missing.length === 0) return;
  const has = channels === 1 ? '1 band, number 0' : `${channels} bands, 0 to ${channels - 1}`;
  throw new Error(`${option} names band ${missing.join(', ')}, but the chips have ${has}.`);
}
