import { symmetricEigenvalues } from '../eigenvalues.ts';
import { at } from '../unchecked.ts';
import { cholesky, invertLower, multiply, transpose } from './small-matrix.ts';

/** A block Lanczos process: rows Ω = link₀·X₁, S·X_j = link_{j−1}ᵀ·X_{j−1} + A_j·X_j + link_j·X_{j+1}. All [b, b]. */
export interface Chain {
  readonly b: number;
  readonly diagonal: readonly Float64Array[];
  /** One more than there are diagonal blocks: link₀ is that of the start. */
  readonly links: readonly Float64Array[];
}

/** Chance that a ceiling is too low, in one matrix. */
const RISK = 1e-9;

/** A ceiling need not be sharper than this, relative to itself. */
const PRECISION = 1e-3;

/** Below this share of what is there at most it is zero. */
const NEGLIGIBLE = 1e-12;

/**
 * A number that the largest eigenvalue of S does not exceed, save with a chance of 10⁻⁹ over the Gaussian start Ω.
 *
 * Let S·v = x·v with |v| = 1. Then g = Ω·v is a vector of b independent standard normal numbers. The recurrence of the
 * process gives y_{j+1} = X_{j+1}·v out of g, and |y_{j+1}| ≤ |v| = 1 demands |g| ≤ ‖N(x)‖₂ with
 * N(x) = link₀·E₁⁻¹·link₁·E₂⁻¹·… , E_j = x − A_j − link_{j−1}ᵀ·E_{j−1}⁻¹·link_{j−1}. N falls with x beyond the Ritz
 * values. Where it is so small that |g|² is that small with a chance of 10⁻⁹ only, there is no eigenvalue. For b = 1
 * this is the argument of Kuczyński & Woźniakowski (1992, SIAM J. Matrix Anal. Appl. 13(4)), with the polynomial of the
 * process in the place of Chebyshev's.
 *
 * @param upper a number that is not exceeded in any case
 */
export function eigenvalueCeiling(chain: Chain, upper: number): number {
  if (!isAbove(chain, upper)) return upper;
  let low = 0;
  let high = upper;
  while (high - low > PRECISION * high && high > Number.MIN_VALUE) {
    // The end may lie orders of magnitude below the start.
    const middle = low === 0 ? high / 4 : (low + high) / 2;
    if (isAbove(chain, middle)) high = middle;
    else low = middle;
    if (high < NEGLIGIBLE * upper) return high;
  }
  return high;
}

/** Do all eigenvalues lie below x, save with a chance of 10⁻⁹? */
export function isAbove(chain: Chain, x: number): boolean {
  const norm = squaredNorm(chain, x);
  return norm !== null && norm < 2 * (RISK * halfFactorial(chain.b)) ** (2 / chain.b);
}

/** ‖N(x)‖₂², or null below the largest Ritz value. */
function squaredNorm({ b, diagonal, links }: Chain, x: number): number | null {
  let product = links[0] ?? new Float64Array();
  let correction = new Float64Array(b * b);
  for (const [j, block] of diagonal.entries()) {
    const e = block.map((value, i) => (i % (b + 1) === 0 ? x : 0) - value - at(correction, i));
    const factor = cholesky(e, b);
    if (!factor) return null;
    const inverseFactor = invertLower(factor, b);
    const link = links[j + 1] ?? new Float64Array();
    // E⁻¹·link = F⁻ᵀ·(F⁻¹·link), and linkᵀ·E⁻¹·link is the square of the second factor.
    const half = multiply(inverseFactor, link, b);
    const halfTransposed = transpose(half, b);
    correction = multiply(halfTransposed, halfTransposed, b, true) as Float64Array<ArrayBuffer>;
    product = multiply(product, multiply(transpose(inverseFactor, b), half, b), b);
  }
  if (!product.every(Number.isFinite)) return null;
  return at(symmetricEigenvalues(multiply(product, product, b, true), b), 0);
}

/** Γ(b/2 + 1): P(χ²_b < c) ≤ (c/2)^{b/2} / Γ(b/2 + 1). */
function halfFactorial(b: number): number {
  let result = b % 2 === 0 ? 1 : Math.sqrt(Math.PI) / 2;
  for (let k = b % 2 === 0 ? 2 : 3; k <= b; k += 2) result *= k / 2;
  return result;
}
