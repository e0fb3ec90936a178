// Loads the demo's model anew and anew: the time to the first result is a time, and no leak.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.runtime.Options;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class FirstResultTest {
  /** Far above what it takes (some ten milliseconds), so that a busy machine does not fail. */
  private static final double MOST_MILLIS = 2000;

  @Test
  void theFirstResultComesSoon() {
    Path model = Path.of("..", "..", "demo", "clothes_int8.tflite");
    FirstResult first = FirstResult.measure(model, Options.DEFAULT, List.of(), 3);
    assertTrue(first.loadMillis() > 0 && first.firstRunMillis() > 0, first.toString());
    assertEquals(first.loadMillis() + first.firstRunMillis(), first.millis());
    assertTrue(first.millis() < MOST_MILLIS, first.toString());
  }
}
