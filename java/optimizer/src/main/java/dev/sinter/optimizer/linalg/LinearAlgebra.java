// The few functions of dense linear algebra that quantizers need, whoever computes them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.linalg;

/**
 * Dense linear algebra in doubles. Matrices are row-major arrays without gaps; of symmetric ones
 * the lower triangle is read.
 *
 * <p>{@link #best} takes Intel's MKL or OpenBLAS where their JavaCPP presets ({@code
 * org.bytedeco:mkl}, {@code org.bytedeco:openblas}) are on the class path, and plain Java
 * otherwise. They differ in speed and in the last digits.
 */
public interface LinearAlgebra {
  /**
   * Returns the fastest one there is, found once.
   *
   * @return MKL, OpenBLAS or plain Java
   */
  static LinearAlgebra best() {
    return Found.BEST;
  }

  /**
   * Returns the one that needs no library.
   *
   * @return plain Java
   */
  static LinearAlgebra plain() {
    return new PlainAlgebra();
  }

  /**
   * Names who computes, for reports.
   *
   * @return such as {@code OpenBLAS}
   */
  String name();

  /**
   * Factors A = L L' in place.
   *
   * @param a symmetric, n * n; its lower triangle becomes L, the rest becomes 0
   * @param n rows
   * @return false if A is not positive definite; then {@code a} holds nothing of use
   */
  boolean cholesky(double[] a, int n);

  /**
   * Solves L L' X = B in place.
   *
   * @param l what {@link #cholesky} gave
   * @param n rows
   * @param b n * columns; becomes X
   * @param columns of B
   */
  void solve(double[] l, int n, double[] b, int columns);

  /**
   * Inverts L L'.
   *
   * @param l what {@link #cholesky} gave
   * @param n rows
   * @return the inverse, n * n, both triangles
   */
  double[] inverse(double[] l, int n);

  /**
   * Finds eigenvalues and eigenvectors of a symmetric matrix in place.
   *
   * @param a symmetric, n * n; its rows become the eigenvectors, of length 1
   * @param n rows
   * @return the eigenvalues, rising, as the rows are
   */
  double[] eigen(double[] a, int n);

  /**
   * Finds the X for which |A X - B| is least, for an A of full column rank.
   *
   * @param a rows * columns; overwritten
   * @param rows at least as many as columns
   * @param columns of A
   * @param b rows * right; overwritten
   * @param right columns of B
   * @return X, columns * right
   * @throws ArithmeticException if the columns of A depend on each other
   */
  double[] leastSquares(double[] a, int rows, int columns, double[] b, int right);
}
