import { existsSync } from 'node:fs';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Chromium's path: `CHROMIUM`, or where Debian puts it. Undefined where there is none. */
export const chromiumPath = [process.env.CHROMIUM, ...CANDIDATES].find((file) => file && existsSync(file));
