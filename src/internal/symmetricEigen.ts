/** Eigenvalues of a symmetric matrix in no particular order, and an eigenvector of length 1 in each row. */
export interface SymmetricEigen {
  values: Float64Array;
  /** Row-major [size, size]; row i belongs to value i. */
  vectors: Float64Array;
}

interface Tridiagonal {
  diagonal: Float64Array;
  /** Entry i stands between i and i + 1. */
  beside: Float64Array;
  /** The orthogonal matrix whose columns lead there, transposed. */
  basis: Float64Array;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, row-major [size, size]: Householder's tridiagonal form, then QR
 * steps with Wilkinson's shift (Golub & Van Loan, "Matrix computations", 8.3). The matrix is not changed.
 */
export function symmetricEigen(matrix: ArrayLike<number>, size: number): SymmetricEigen {
  const { diagonal, beside, basis } = tridiagonalise(Float64Array.from(matrix), size);
  let end = size - 1;
  // Each eigenvalue takes two or three steps; the limit is there for values that are not finite alone.
  for (let step = 0; end > 0 && step < 60 * size; step++) {
    for (let i = 0; i < end; i++) {
      const scale = Math.abs(diagonal[i]) + Math.abs(diagonal[i + 1]);
      if (Math.abs(beside[i]) <= Number.EPSILON * scale) beside[i] = 0;
    }
    while (end > 0 && beside[end - 1] === 0) end--;
    if (end === 0) break;
    let start = end - 1;
    while (start > 0 && beside[start - 1] !== 0) start--;
    qrStep({ diagonal, beside, basis }, start, end);
  }
  return { values: diagonal, vectors: basis };
}

function tridiagonalise(a: Float64Array, n: number): Tridiagonal {
  const beside = new Float64Array(Math.max(n - 1, 0));
  const reflections: { v: Float64Array; beta: number }[] = [];
  for (let k = 0; k < n - 1; k++) {
    // The column below the diagonal is reflected onto its first entry.
    const v = Float64Array.from({ length: n - k - 1 }, (_, i) => a[(k + 1 + i) * n + k]);
    const norm = Math.sqrt(dot(v, v));
    beside[k] = v[0] > 0 ? -norm : norm;
    v[0] -= beside[k];
    const beta = norm === 0 ? 0 : 2 / dot(v, v);
    reflections.push({ v, beta });
    reflectBothSides(a, n, { v, beta });
  }
  const basis = new Float64Array(n * n);
  for (let i = 0; i < n; i++) basis[i * n + i] = 1;
  for (const { v, beta } of reflections.reverse()) {
    const first = n - v.length;
    for (let row = first; row < n; row++) {
      const part = basis.subarray(row * n + first, (row + 1) * n);
      const factor = beta * dot(v, part);
      for (let i = 0; i < v.length; i++) part[i] -= factor * v[i];
    }
  }
  return { diagonal: Float64Array.from({ length: n }, (_, i) => a[i * n + i]), beside, basis };
}

/** A ← H A H on the last rows and columns, H = 1 − β v vᵀ: a symmetric update by v and w. */
function reflectBothSides(a: Float64Array, n: number, { v, beta }: { v: Float64Array; beta: number }): void {
  const first = n - v.length;
  const rows = Array.from(v, (_, i) => a.subarray((first + i) * n + first, (first + i + 1) * n));
  const w = Float64Array.from(rows, (row) => beta * dot(row, v));
  const half = (beta / 2) * dot(w, v);
  for (let i = 0; i < w.length; i++) w[i] -= half * v[i];
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < row.length; j++) row[j] -= v[i] * w[j] + w[i] * v[j];
  }
}

/** One implicit QR step with Wilkinson's shift on the rows from `start` to `end`. */
function qrStep({ diagonal, beside, basis }: Tridiagonal, start: number, end: number): void {
  const n = diagonal.length;
  const half = (diagonal[end - 1] - diagonal[end]) / 2;
  const last = beside[end - 1];
  const root = Math.hypot(half, last);
  const shift = diagonal[end] - last ** 2 / (half + (half < 0 ? -root : root));
  let [x, z] = [diagonal[start] - shift, beside[start]];
  for (let k = start; k < end; k++) {
    const r = Math.hypot(x, z);
    const [c, s] = r === 0 ? [1, 0] : [x / r, -z / r];
    if (k > start) beside[k - 1] = r;
    const [a, b, d] = [diagonal[k], beside[k], diagonal[k + 1]];
    diagonal[k] = c * c * a - 2 * c * s * b + s * s * d;
    diagonal[k + 1] = s * s * a + 2 * c * s * b + c * c * d;
    beside[k] = c * s * (a - d) + (c * c - s * s) * b;
    if (k < end - 1) {
      [x, z] = [beside[k], -s * beside[k + 1]];
      beside[k + 1] *= c;
    }
    const [p, q] = [basis.subarray(k * n, (k + 1) * n), basis.subarray((k + 1) * n, (k + 2) * n)];
    for (let i = 0; i < n; i++) {
      const [u, w] = [p[i], q[i]];
      p[i] = c * u - s * w;
      q[i] = s * u + c * w;
    }
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
