/** Fields as a line of a CSV file, quoted where they must be (RFC 4180). */
export function csvLine(fields: readonly string[]): string {
  const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return `${fields.map(quoted).join(',')}\n`;
}
