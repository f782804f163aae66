/** `saveValue` as a program: saveShards.ts FOLDER VALUE. */
import { saveValue } from './saveValue.js';

const [folder, value] = process.argv.slice(2);
await saveValue(folder, Number(value));
