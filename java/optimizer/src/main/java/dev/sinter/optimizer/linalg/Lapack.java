// LAPACK's functions by the names of its C interface.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.linalg;

/** What {@link LapackAlgebra} calls; arguments and results as LAPACKE's. */
interface Lapack {
  int ROW_MAJOR = 101;
  int COLUMN_MAJOR = 102;

  int potrf(int layout, byte triangle, int n, double[] a, int lda);

  int potrs(
      int layout, byte triangle, int n, int columns, double[] a, int lda, double[] b, int ldb);

  int potri(int layout, byte triangle, int n, double[] a, int lda);

  int syev(int layout, byte job, byte triangle, int n, double[] a, int lda, double[] values);

  int gels(int layout, byte job, int m, int n, int right, double[] a, int lda, double[] b, int ldb);
}
