/** A band as `--input-bands` takes it: its number from 1, and its name where it has one. */
export function bandText(number: number, name: string | null | undefined): string {
  return name ? `${number} (${name})` : String(number);
}
