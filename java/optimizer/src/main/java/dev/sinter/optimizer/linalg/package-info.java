// Dense linear algebra.
// SPDX-License-Identifier: Apache-2.0

/**
 * Dense linear algebra in doubles: {@link dev.sinter.optimizer.linalg.LinearAlgebra} over LAPACK
 * where a library with it is on the class path, in plain Java elsewhere.
 */
package dev.sinter.optimizer.linalg;
