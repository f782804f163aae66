import { element } from './element.js';

/** Shows a message until it is closed; the same message once. */
export function showNotice(text: string, kind: 'error' | 'info' = 'error'): void {
  const notices = element('notices', HTMLElement);
  if (Array.from(notices.children).some((other) => other.firstChild?.textContent === text)) return;
  const notice = document.createElement('div');
  notice.className = kind === 'error' ? 'notice error' : 'notice';
  const words = document.createElement('span');
  words.textContent = text;
  const close = document.createElement('button');
  close.type = 'button';
  close.textContent = 'Close';
  close.onclick = () => notice.remove();
  notice.append(words, close);
  notices.append(notice);
}

/** Runs what a visitor asked for; what goes wrong becomes a message. */
export async function attempt(body: () => Promise<unknown>): Promise<void> {
  try {
    await body();
  } catch (error) {
    showNotice((error as Error).message);
  }
}
