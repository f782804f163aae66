/** The arguments in a `config.json` of diffusers, camelCased; what begins with `_` is about the file. */
export function fromDiffusersConfig(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const named = Object.entries(fields).filter(([name]) => !name.startsWith('_'));
  return Object.fromEntries(
    named.map(([name, value]) => [
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}

/** An argument's name in diffusers: `blockOutChannels` → `block_out_channels`. */
export function diffusersName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
