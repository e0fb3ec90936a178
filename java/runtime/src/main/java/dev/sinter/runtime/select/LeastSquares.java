// Fits a sum of non-negative parts to measurements.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.select;

import java.util.List;

/**
 * Non-negative least squares of relative errors: the active set method of Lawson and Hanson,
 * Solving Least Squares Problems (1974), chapter 23, on normal equations; there are a few unknowns
 * only.
 */
public final class LeastSquares {
  private LeastSquares() {}

  /**
   * Finds x >= 0 that makes the sum of ((features x - values) / values)^2 least.
   *
   * @param features a row per measurement
   * @param values what was measured, above 0
   * @return a factor for each feature
   */
  public static double[] relative(List<double[]> features, List<Double> values) {
    int n = features.get(0).length;
    double[][] a = new double[n][n];
    double[] b = new double[n];
    double[] unit = new double[n];
    for (double[] row : features) {
      for (int i = 0; i < n; i++) {
        unit[i] = Math.max(unit[i], Math.abs(row[i]));
      }
    }
    for (int r = 0; r < features.size(); r++) {
      double[] row = features.get(r);
      double value = values.get(r);
      for (int i = 0; i < n; i++) {
        double x = unit[i] == 0 ? 0 : row[i] / unit[i] / value;
        b[i] += x;
        for (int j = 0; j < n; j++) {
          a[i][j] += unit[j] == 0 ? 0 : x * row[j] / unit[j] / value;
        }
      }
    }
    double[] x = new double[n];
    boolean[] free = new boolean[n];
    for (int next = steepest(a, b, x, free); next >= 0; next = steepest(a, b, x, free)) {
      free[next] = true;
      while (!step(x, solve(a, b, free), free)) {
        // Those that reached 0 are held there now.
      }
    }
    for (int i = 0; i < n; i++) {
      x[i] = unit[i] == 0 ? 0 : x[i] / unit[i];
    }
    return x;
  }

  /** Goes towards s until a factor reaches 0; true if s itself is reached. */
  private static boolean step(double[] x, double[] s, boolean[] free) {
    double step = 1;
    int stopped = -1;
    for (int i = 0; i < x.length; i++) {
      if (free[i] && s[i] < 0 && x[i] / (x[i] - s[i]) < step) {
        step = x[i] / (x[i] - s[i]);
        stopped = i;
      }
    }
    for (int i = 0; i < x.length; i++) {
      x[i] = free[i] ? x[i] + step * (s[i] - x[i]) : 0;
    }
    if (stopped < 0) {
      return true;
    }
    free[stopped] = false;
    x[stopped] = 0;
    return false;
  }

  /** The factor at 0 that would lessen the error most; -1 for none. */
  private static int steepest(double[][] a, double[] b, double[] x, boolean[] free) {
    int best = -1;
    double most = 1e-9;
    for (int i = 0; i < x.length; i++) {
      double gradient = b[i];
      for (int j = 0; j < x.length; j++) {
        gradient -= a[i][j] * x[j];
      }
      if (!free[i] && gradient > most) {
        most = gradient;
        best = i;
      }
    }
    return best;
  }

  /** Solves the equations of the factors that are not held at 0, by elimination with pivots. */
  private static double[] solve(double[][] a, double[] b, boolean[] free) {
    int n = b.length;
    double[][] m = new double[n][n + 1];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        m[i][j] = free[i] && free[j] ? a[i][j] : i == j ? 1 : 0;
      }
      m[i][n] = free[i] ? b[i] : 0;
    }
    for (int c = 0; c < n; c++) {
      int pivot = c;
      for (int r = c + 1; r < n; r++) {
        pivot = Math.abs(m[r][c]) > Math.abs(m[pivot][c]) ? r : pivot;
      }
      double[] swap = m[c];
      m[c] = m[pivot];
      m[pivot] = swap;
      for (int r = 0; r < n; r++) {
        double factor = r == c ? 0 : m[r][c] / m[c][c];
        for (int j = c; j <= n && factor != 0; j++) {
          m[r][j] -= factor * m[c][j];
        }
      }
    }
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = m[i][n] / m[i][i];
    }
    return x;
  }
}
