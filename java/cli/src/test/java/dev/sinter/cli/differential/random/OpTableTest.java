// docs/ops.md says what the code does, or this fails.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpTableTest {
  private static final String HEAD =
      """
      # Ops

      Written by `./sinter tables` from what the code does; a test fails while it says something else. Each line is an op
      of TFLite in one type, of which random models are made and compared with TFLite (docs/differential.md).

      - **Sinter**: `yes` where every random model tried runs, `in part` where some forms are refused with a message, `no`
        where all are.
      - **definition**: the numeric definition that its results follow (docs/numerics.md); several where forms of the op
        follow different ones.
      - **kernels**: the ops of the native library that do the work, each with the instruction sets it has rows for;
        `any` is plain C++ for every machine.
      - **TFLite**: who runs it in TFLite 2.21: its default delegate (XNNPACK) in some forms at least, its own kernels.

      IF, WHILE, CALL, CALL_ONCE, composites and variables are run in Java around these.

      """;

  @Test
  void theTableIsTheCodes() throws IOException {
    Path file = Path.of("..", "..", "docs", "ops.md");
    String now = HEAD + new OpTable().text();
    if (Boolean.getBoolean("sinter.tables.write")) {
      Files.writeString(file, now);
    }
    List<String> written = Files.exists(file) ? Files.readAllLines(file) : List.of();
    List<String> wanted = now.lines().toList();
    for (int i = 0; i < Math.max(written.size(), wanted.size()); i++) {
      assertEquals(
          i < wanted.size() ? wanted.get(i) : "(nothing)",
          i < written.size() ? written.get(i) : "(nothing)",
          "docs/ops.md is out of date in line " + (i + 1) + "; './sinter tables' writes it anew");
    }
  }
}
