/** The flag of a configuration key: `learningRate` is `--learning-rate`; what is on by default can be turned off. */
export function flagOf(key: string): string {
  if (key === 'attention' || key === 'patchShift') return `--no-${kebabCase(key)}`;
  return `--${kebabCase(key)}`;
}

function kebabCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
