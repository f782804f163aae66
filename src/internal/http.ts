/** What is asked of a server for an address: credentials in it are sent as a header. */
export function requestOf(url: string): { address: string; headers: Record<string, string> } {
  const address = new URL(url);
  const { username, password } = address;
  if (username === '' && password === '') return { address: address.href, headers: {} };
  address.username = '';
  address.password = '';
  const secret = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`);
  return {
    address: address.href,
    headers: { Authorization: `Basic ${btoa(String.fromCharCode(...secret))}` },
  };
}

/** Whether the same request may succeed after an answer of this status. */
export function isTransient(status: number): boolean {
  return [408, 425, 429, 500, 502, 503, 504].includes(status);
}

/** What tells two versions of a file apart, as far as the server says. */
export function versionOf(header: (name: string) => string | null): string {
  return `${header('etag') ?? ''} ${header('last-modified') ?? ''}`;
}

/** A part of an address without its percent signs; one that is none of a code stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
