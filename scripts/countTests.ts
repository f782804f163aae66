/**
 * Prints `N passed, N failed` over vitest's JSON reports in a folder, and fails where a test failed or none passed.
 *
 * Usage: tsx scripts/countTests.ts FOLDER
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { readTestReport } from './lib/readTestReport.js';

const folder = process.argv[2];
const reports = readdirSync(folder).map((name) => readTestReport(path.join(folder, name)));
const passed = reports.reduce((sum, report) => sum + report.passed, 0);
const failed = reports.reduce((sum, { failures }) => sum + failures.length, 0);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || passed === 0) process.exitCode = 1;
