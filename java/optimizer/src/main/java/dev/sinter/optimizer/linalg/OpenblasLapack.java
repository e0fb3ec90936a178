// LAPACK of OpenBLAS's JavaCPP preset, an optional dependency.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.linalg;

import org.bytedeco.openblas.global.openblas;

/** Throws a LinkageError where the preset is not on the class path. */
final class OpenblasLapack implements Lapack {
  @Override
  public int potrf(int layout, byte triangle, int n, double[] a, int lda) {
    return openblas.LAPACKE_dpotrf(layout, triangle, n, a, lda);
  }

  @Override
  public int potrs(
      int layout, byte triangle, int n, int columns, double[] a, int lda, double[] b, int ldb) {
    return openblas.LAPACKE_dpotrs(layout, triangle, n, columns, a, lda, b, ldb);
  }

  @Override
  public int potri(int layout, byte triangle, int n, double[] a, int lda) {
    return openblas.LAPACKE_dpotri(layout, triangle, n, a, lda);
  }

  @Override
  public int syev(
      int layout, byte job, byte triangle, int n, double[] a, int lda, double[] values) {
    return openblas.LAPACKE_dsyev(layout, job, triangle, n, a, lda, values);
  }

  @Override
  public int gels(
      int layout, byte job, int m, int n, int right, double[] a, int lda, double[] b, int ldb) {
    return openblas.LAPACKE_dgels(layout, job, m, n, right, a, lda, b, ldb);
  }
}
