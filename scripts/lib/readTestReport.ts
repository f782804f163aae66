import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { root } from './root.js';

/** What a report of vitest says. */
export interface TestCounts {
  passed: number;
  skipped: number;
  /** Of each failure its file, name and first message. */
  failures: string[];
}

/** The parts of vitest's JSON report that are read. */
interface TestReport {
  numPassedTests: number;
  numPendingTests: number;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

/** Reads a report of vitest's `--reporter=json`. A file that does not load counts as one failure. */
export function readTestReport(file: string): TestCounts {
  const report = JSON.parse(readFileSync(file, 'utf8')) as TestReport;
  const failures = report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (status === 'failed' && failed.length === 0) return [`${path.relative(root, name)}: ${message}`];
    return failed.map(
      (test) => `${path.relative(root, name)}: ${test.fullName}\n    ${test.failureMessages[0]}`,
    );
  });
  return {
    passed: report.numPassedTests,
    skipped: report.numPendingTests,
    failures: failures.map(stripVTControlCharacters),
  };
}
