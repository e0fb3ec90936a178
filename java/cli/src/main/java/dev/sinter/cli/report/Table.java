// A table of text: columns as wide as their widest cell.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.report;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Collects rows and prints them aligned: numbers to the right, words to the left. */
public final class Table {
  private final List<String[]> rows = new ArrayList<>();
  private final int columns;

  /**
   * Starts with a head.
   *
   * @param head the columns' names
   */
  public Table(String... head) {
    columns = head.length;
    rows.add(head);
  }

  /**
   * Adds a row.
   *
   * @param cells as many as there are columns
   */
  public void row(Object... cells) {
    String[] texts = new String[columns];
    for (int c = 0; c < columns; c++) {
      texts[c] = String.valueOf(cells[c]);
    }
    rows.add(texts);
  }

  /**
   * Prints everything.
   *
   * @param out where to
   */
  public void print(PrintWriter out) {
    int[] widths = new int[columns];
    for (String[] row : rows) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], row[c].length());
      }
    }
    for (int r = 0; r < rows.size(); r++) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < columns; c++) {
        String cell = rows.get(r)[c];
        String padding = " ".repeat(widths[c] - cell.length());
        boolean number = isNumber(rows.get(Math.max(r, Math.min(1, rows.size() - 1)))[c]);
        line.append(number ? padding + cell : cell + padding).append("  ");
      }
      out.println(line.toString().stripTrailing());
    }
    out.flush();
  }

  private static boolean isNumber(String cell) {
    return !cell.isEmpty() && (Character.isDigit(cell.charAt(0)) || cell.startsWith("-"));
  }
}
