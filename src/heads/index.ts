export type { Head, HeadJson } from './Head.js';
