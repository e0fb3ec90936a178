// How far something is, in one line that is written over.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.command;

import java.io.PrintWriter;

/** A progress bar on standard error. */
final class ProgressLine {
  private static final int WIDTH = 30;

  private final PrintWriter err;
  private String last = "";

  ProgressLine(PrintWriter err) {
    this.err = err;
  }

  void at(String what, long done, long of) {
    int filled = (int) (WIDTH * done / Math.max(1, of));
    String line = "  " + what + " [" + "#".repeat(filled) + ".".repeat(WIDTH - filled) + "] ";
    if (!line.equals(last) || done == of) {
      last = line;
      err.print("\r" + line + done + " of " + of);
      err.flush();
    }
  }

  /** Wipes the line. */
  void end() {
    if (!last.isEmpty()) {
      err.print("\r" + " ".repeat(last.length() + 24) + "\r");
      err.flush();
    }
  }
}
