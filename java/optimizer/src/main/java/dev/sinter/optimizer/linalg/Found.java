// Which library of linear algebra is on the class path.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.linalg;

import java.util.function.Supplier;

/** Looks once. */
final class Found {
  static final LinearAlgebra BEST = find();

  private Found() {}

  private static LinearAlgebra find() {
    LinearAlgebra mkl = load("MKL", MklLapack::new);
    if (mkl != null) {
      return mkl;
    }
    LinearAlgebra openblas = load("OpenBLAS", OpenblasLapack::new);
    return openblas != null ? openblas : new PlainAlgebra();
  }

  /** Null where the classes or the library of this platform are not there. */
  static LinearAlgebra load(String name, Supplier<Lapack> library) {
    try {
      LinearAlgebra algebra = new LapackAlgebra(name, library.get());
      // Loads it.
      return algebra.cholesky(new double[] {1}, 1) ? algebra : null;
    } catch (LinkageError e) {
      return null;
    }
  }
}
