// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.linalg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every library that is there answers for itself: products of what it gives are compared. */
class LinearAlgebraTest {
  static Stream<LinearAlgebra> libraries() {
    return Stream.of(
            LinearAlgebra.plain(),
            Found.load("MKL", MklLapack::new),
            Found.load("OpenBLAS", OpenblasLapack::new))
        .filter(Objects::nonNull);
  }

  static double[] random(Random random, int count) {
    return random.doubles(count, -1, 1).toArray();
  }

  /** A A' + n, positive definite. */
  private static double[] definite(Random random, int n) {
    double[] a = random(random, n * n);
    double[] product = multiply(a, transpose(a, n, n), n, n, n);
    for (int i = 0; i < n; i++) {
      product[i * n + i] += 0.1;
    }
    return product;
  }

  private static double[] transpose(double[] a, int rows, int columns) {
    double[] t = new double[a.length];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        t[j * rows + i] = a[i * columns + j];
      }
    }
    return t;
  }

  private static double[] multiply(double[] a, double[] b, int m, int k, int n) {
    double[] c = new double[m * n];
    for (int i = 0; i < m; i++) {
      for (int p = 0; p < k; p++) {
        for (int j = 0; j < n; j++) {
          c[i * n + j] += a[i * k + p] * b[p * n + j];
        }
      }
    }
    return c;
  }

  @ParameterizedTest
  @MethodSource("libraries")
  void factorsSolvesInverts(LinearAlgebra algebra) {
    Random random = new Random(1);
    for (int n : new int[] {1, 2, 5, 63, 64, 65, 130}) {
      double[] a = definite(random, n);
      double[] l = a.clone();
      for (int i = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++) {
          l[i * n + j] = Double.NaN; // not read
        }
      }
      assertTrue(algebra.cholesky(l, n), algebra.name() + " " + n);
      assertArrayEquals(a, multiply(l, transpose(l, n, n), n, n, n), 1e-10 * n);
      double[] x = random(random, n * 3);
      double[] b = multiply(a, x, n, n, 3);
      algebra.solve(l, n, b, 3);
      assertArrayEquals(x, b, 1e-7);
      double[] identity = new double[n * n];
      for (int i = 0; i < n; i++) {
        identity[i * n + i] = 1;
      }
      assertArrayEquals(identity, multiply(a, algebra.inverse(l, n), n, n, n), 1e-7);
    }
  }

  @ParameterizedTest
  @MethodSource("libraries")
  void refusesWhatIsNotDefinite(LinearAlgebra algebra) {
    assertFalse(algebra.cholesky(new double[] {1, 2, 2, 1}, 2));
    assertFalse(algebra.cholesky(new double[] {0}, 1));
  }

  @ParameterizedTest
  @MethodSource("libraries")
  void eigenvectorsKeepTheirDirection(LinearAlgebra algebra) {
    Random random = new Random(2);
    for (int n : new int[] {1, 2, 3, 17, 40}) {
      double[] a = random(random, n * n);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < i; j++) {
          a[j * n + i] = a[i * n + j];
        }
      }
      double[] vectors = a.clone();
      double[] values = algebra.eigen(vectors, n);
      double[] turned = multiply(vectors, a, n, n, n);
      for (int i = 0; i < n; i++) {
        double length = 0;
        for (int j = 0; j < n; j++) {
          assertEquals(values[i] * vectors[i * n + j], turned[i * n + j], 1e-11 * n);
          length += vectors[i * n + j] * vectors[i * n + j];
        }
        assertEquals(1, length, 1e-12 * n);
        assertTrue(i == 0 || values[i] >= values[i - 1]);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("libraries")
  void leastSquaresLeaveAnOrthogonalRest(LinearAlgebra algebra) {
    Random random = new Random(3);
    for (int[] size : new int[][] {{1, 1}, {5, 5}, {9, 4}, {70, 33}}) {
      int rows = size[0];
      int columns = size[1];
      double[] a = random(random, rows * columns);
      double[] b = random(random, rows * 2);
      double[] x = algebra.leastSquares(a.clone(), rows, columns, b.clone(), 2);
      double[] rest = multiply(a, x, rows, columns, 2);
      for (int i = 0; i < rest.length; i++) {
        rest[i] -= b[i];
      }
      double[] along = multiply(transpose(a, rows, columns), rest, columns, rows, 2);
      assertArrayEquals(new double[columns * 2], along, 1e-9);
    }
    assertThrows(
        ArithmeticException.class,
        () -> algebra.leastSquares(new double[] {1, 0, 1, 0}, 2, 2, new double[2], 1));
    assertThrows(
        IllegalArgumentException.class,
        () -> algebra.leastSquares(new double[2], 1, 2, new double[1], 1));
  }
}
