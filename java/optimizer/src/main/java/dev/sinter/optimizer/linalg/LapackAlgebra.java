// Linear algebra by LAPACK.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.linalg;

import java.util.Arrays;

/**
 * A row-major lower triangle is a column-major upper one, so symmetric matrices are handed over as
 * they are.
 */
final class LapackAlgebra implements LinearAlgebra {
  private static final byte UPPER = 'U';
  private static final byte LOWER = 'L';
  private static final byte VECTORS = 'V';
  private static final byte PLAIN = 'N';

  private final String name;
  private final Lapack lapack;

  LapackAlgebra(String name, Lapack lapack) {
    this.name = name;
    this.lapack = lapack;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean cholesky(double[] a, int n) {
    if (refused("dpotrf", lapack.potrf(Lapack.COLUMN_MAJOR, UPPER, n, a, n)) > 0) {
      return false;
    }
    for (int i = 0; i < n; i++) {
      Arrays.fill(a, i * n + i + 1, (i + 1) * n, 0);
    }
    return true;
  }

  @Override
  public void solve(double[] l, int n, double[] b, int columns) {
    refused("dpotrs", lapack.potrs(Lapack.ROW_MAJOR, LOWER, n, columns, l, n, b, columns));
  }

  @Override
  public double[] inverse(double[] l, int n) {
    double[] a = l.clone();
    if (refused("dpotri", lapack.potri(Lapack.COLUMN_MAJOR, UPPER, n, a, n)) > 0) {
      throw new ArithmeticException("a Cholesky factor with a 0 on its diagonal has no inverse");
    }
    PlainAlgebra.mirror(a, n);
    return a;
  }

  @Override
  public double[] eigen(double[] a, int n) {
    double[] values = new double[n];
    // Column-major eigenvectors in columns are row-major ones in rows.
    if (refused("dsyev", lapack.syev(Lapack.COLUMN_MAJOR, VECTORS, UPPER, n, a, n, values)) > 0) {
      throw new ArithmeticException("no eigenvalues found; is a number NaN or infinite?");
    }
    return values;
  }

  @Override
  public double[] leastSquares(double[] a, int rows, int columns, double[] b, int right) {
    PlainAlgebra.requireTall(rows, columns);
    int info = lapack.gels(Lapack.ROW_MAJOR, PLAIN, rows, columns, right, a, columns, b, right);
    if (refused("dgels", info) > 0) {
      throw PlainAlgebra.dependent(info - 1);
    }
    return Arrays.copyOf(b, columns * right);
  }

  private int refused(String function, int info) {
    if (info < 0) {
      throw new IllegalArgumentException(
          name + ": " + function + " refuses its argument " + -info + ": wrong size, or NaN");
    }
    return info;
  }
}
