// Linear algebra in plain Java, by blocks.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.linalg;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Loops whose innermost one walks along rows, so that the JIT compiler makes vectors of it. The
 * algorithms are those of Golub and Van Loan, Matrix Computations: Cholesky by rows of blocks,
 * cyclic Jacobi rotations, Householder's QR.
 */
final class PlainAlgebra implements LinearAlgebra {
  private static final int BLOCK = 64;
  private static final int MAX_SWEEPS = 60;

  @Override
  public String name() {
    return "plain Java";
  }

  @Override
  public boolean cholesky(double[] a, int n) {
    for (int from = 0; from < n; from += BLOCK) {
      int to = Math.min(from + BLOCK, n);
      // The block column: what earlier columns leave, then the columns of the block themselves.
      double[] panel = new double[to - from];
      for (int i = from; i < n; i++) {
        int width = Math.min(to, i + 1) - from;
        for (int j = 0; j < width; j++) {
          panel[j] = a[i * n + from + j] - dot(a, i * n, a, (from + j) * n, from);
        }
        for (int j = 0; j < width; j++) {
          int column = from + j;
          double sum = panel[j] - dot(a, i * n + from, a, column * n + from, j);
          if (i == column) {
            if (!(sum > 0)) {
              return false;
            }
            a[i * n + i] = Math.sqrt(sum);
          } else {
            a[i * n + column] = sum / a[column * n + column];
          }
        }
      }
    }
    for (int i = 0; i < n; i++) {
      Arrays.fill(a, i * n + i + 1, (i + 1) * n, 0);
    }
    return true;
  }

  /** Four sums side by side: a loop that carries one would wait for each addition. */
  private static double dot(double[] x, int xAt, double[] y, int yAt, int count) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 4 <= count; i += 4) {
      s0 += x[xAt + i] * y[yAt + i];
      s1 += x[xAt + i + 1] * y[yAt + i + 1];
      s2 += x[xAt + i + 2] * y[yAt + i + 2];
      s3 += x[xAt + i + 3] * y[yAt + i + 3];
    }
    for (; i < count; i++) {
      s0 += x[xAt + i] * y[yAt + i];
    }
    return (s0 + s1) + (s2 + s3);
  }

  private static void subtract(double[] y, int yAt, double factor, double[] x, int xAt, int count) {
    for (int i = 0; i < count; i++) {
      y[yAt + i] -= factor * x[xAt + i];
    }
  }

  private static void scale(double[] y, int yAt, double factor, int count) {
    for (int i = 0; i < count; i++) {
      y[yAt + i] *= factor;
    }
  }

  @Override
  public void solve(double[] l, int n, double[] b, int columns) {
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        subtract(b, i * columns, l[i * n + j], b, j * columns, columns);
      }
      scale(b, i * columns, 1 / l[i * n + i], columns);
    }
    for (int i = n - 1; i >= 0; i--) {
      scale(b, i * columns, 1 / l[i * n + i], columns);
      for (int j = 0; j < i; j++) {
        subtract(b, j * columns, l[i * n + j], b, i * columns, columns);
      }
    }
  }

  @Override
  public double[] inverse(double[] l, int n) {
    // The inverse of L by rows, then its square; both keep to the lower triangle.
    double[] inverse = new double[n * n];
    for (int i = 0; i < n; i++) {
      inverse[i * n + i] = 1;
      for (int j = 0; j < i; j++) {
        subtract(inverse, i * n, l[i * n + j], inverse, j * n, j + 1);
      }
      scale(inverse, i * n, 1 / l[i * n + i], i + 1);
    }
    double[] a = new double[n * n];
    for (int k = 0; k < n; k++) {
      for (int i = 0; i <= k; i++) {
        subtract(a, i * n, -inverse[k * n + i], inverse, k * n, i + 1);
      }
    }
    mirror(a, n);
    return a;
  }

  /** Copies the lower triangle to the upper one. */
  static void mirror(double[] a, int n) {
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        a[i * n + j] = a[j * n + i];
      }
    }
  }

  @Override
  public double[] eigen(double[] a, int n) {
    mirror(a, n);
    double[] vectors = new double[n * n];
    for (int i = 0; i < n; i++) {
      vectors[i * n + i] = 1;
    }
    double size = 0;
    for (double x : a) {
      size += x * x;
    }
    double small = 1e-30 * size;
    for (int sweep = 0; ; sweep++) {
      double off = 0;
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < i; j++) {
          off += a[i * n + j] * a[i * n + j];
        }
      }
      if (off <= small) {
        break;
      }
      if (sweep == MAX_SWEEPS || Double.isNaN(off)) {
        throw new ArithmeticException("no eigenvalues found; is a number NaN or infinite?");
      }
      for (int p = 0; p < n; p++) {
        for (int q = p + 1; q < n; q++) {
          rotate(a, vectors, n, p, q);
        }
      }
    }
    int[] order =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> a[i * n + i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = a[order[i] * n + order[i]];
    }
    for (int i = 0; i < n; i++) {
      System.arraycopy(vectors, order[i] * n, a, i * n, n);
    }
    return values;
  }

  /** Turns rows and columns p, q so that their common element becomes 0. */
  private static void rotate(double[] a, double[] vectors, int n, int p, int q) {
    double apq = a[p * n + q];
    if (apq == 0) {
      return;
    }
    double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
    double t = Math.copySign(1, theta) / (Math.abs(theta) + Math.hypot(theta, 1));
    double c = 1 / Math.hypot(t, 1);
    double s = t * c;
    for (int k = 0; k < n; k++) {
      double x = a[k * n + p];
      double y = a[k * n + q];
      a[k * n + p] = c * x - s * y;
      a[k * n + q] = s * x + c * y;
    }
    turn(a, p * n, q * n, n, c, s);
    turn(vectors, p * n, q * n, n, c, s);
  }

  private static void turn(double[] m, int p, int q, int n, double c, double s) {
    for (int k = 0; k < n; k++) {
      double x = m[p + k];
      double y = m[q + k];
      m[p + k] = c * x - s * y;
      m[q + k] = s * x + c * y;
    }
  }

  static void requireTall(int rows, int columns) {
    if (rows < columns) {
      throw new IllegalArgumentException(
          "least squares of " + rows + " rows and " + columns + " columns: too few rows");
    }
  }

  static ArithmeticException dependent(int column) {
    return new ArithmeticException("least squares: column " + column + " depends on others");
  }

  @Override
  public double[] leastSquares(double[] a, int rows, int columns, double[] b, int right) {
    requireTall(rows, columns);
    double[] v = new double[rows];
    double largest = 0;
    for (int k = 0; k < columns; k++) {
      double norm = 0;
      for (int i = k; i < rows; i++) {
        v[i] = a[i * columns + k];
        norm += v[i] * v[i];
      }
      norm = Math.sqrt(norm);
      largest = Math.max(largest, norm);
      if (!(norm > largest * 1e-14)) {
        throw dependent(k);
      }
      double diagonal = v[k] > 0 ? -norm : norm;
      v[k] -= diagonal;
      double square = 2 * norm * (norm + Math.abs(a[k * columns + k]));
      reflect(a, rows, columns, k, k, v, square);
      reflect(b, rows, right, k, 0, v, square);
      a[k * columns + k] = diagonal;
    }
    for (int k = columns - 1; k >= 0; k--) {
      scale(b, k * right, 1 / a[k * columns + k], right);
      for (int i = 0; i < k; i++) {
        subtract(b, i * right, a[i * columns + k], b, k * right, right);
      }
    }
    return Arrays.copyOf(b, columns * right);
  }

  /** m -= 2 v v' m / |v|^2 for rows and columns from those on. */
  private static void reflect(
      double[] m, int rows, int columns, int row, int column, double[] v, double square) {
    double[] sums = new double[columns];
    for (int i = row; i < rows; i++) {
      for (int j = column; j < columns; j++) {
        sums[j] += v[i] * m[i * columns + j];
      }
    }
    for (int i = row; i < rows; i++) {
      double factor = 2 * v[i] / square;
      for (int j = column; j < columns; j++) {
        m[i * columns + j] -= factor * sums[j];
      }
    }
  }
}
