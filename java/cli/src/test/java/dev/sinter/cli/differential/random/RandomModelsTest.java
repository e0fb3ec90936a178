// Random models of every op and type, Sinter against TFLite.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential.random;

import dev.sinter.graph.GraphException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Integers must be equal in every element, floats within the tolerance of docs/numerics.md, on
 * every instruction set of the machine. {@code -Dsinter.random.count=N}, {@code .seed=S}, {@code
 * .family=f32|s8|u8|s16|hybrid|int} and {@code .op=WORD} choose other models; see
 * docs/differential.md.
 */
class RandomModelsTest {
  private static final int COUNT = Integer.getInteger("sinter.random.count", 2000);
  private static final long SEED = Long.getLong("sinter.random.seed", 1);
  private static final String FAMILY = System.getProperty("sinter.random.family", "");
  private static final String OP = System.getProperty("sinter.random.op", "");
  private static final int SHRUNK = Integer.getInteger("sinter.random.shrunk", 10);
  private static final int TRIES = 150;

  /** Floats where a rounding on the way has fallen the other way, as {@code verify} has it. */
  private static final double ROUNDED = 0.02;

  /** Models of all families together are COUNT; each family gets its part by its number of ops. */
  private static int count(Maker.Family family) {
    if (!FAMILY.isEmpty()) {
      return COUNT;
    }
    long named = Makers.all().stream().filter(m -> m.name().contains(OP)).count();
    double part = (double) Makers.of(family, OP).size() / named;
    return (int) Math.ceil(COUNT * part);
  }

  @ParameterizedTest
  @EnumSource(Maker.Family.class)
  void likeTflite(Maker.Family family) {
    Assumptions.assumeTrue(
        FAMILY.isEmpty() || FAMILY.equalsIgnoreCase(family.name()), "another family was asked for");
    List<Maker> makers = Makers.of(family, OP);
    Assumptions.assumeFalse(makers.isEmpty(), "no op of that name");
    Census census = new Census();
    List<String> failures = new ArrayList<>();
    int count = count(family);
    long start = System.nanoTime();
    try (Trial trial = new Trial()) {
      for (int i = 0; i < count; i++) {
        Maker maker = makers.get(i % makers.size());
        one(trial, maker, SEED + i / makers.size(), census, failures);
      }
      census.print(
          String.format(
              Locale.ROOT,
              "Family %s: %d models from seed %d in %.0f s, kernels %s",
              family,
              count,
              SEED,
              (System.nanoTime() - start) / 1e9,
              trial.isaNames()));
    }
    for (String often : census.roundedTooOften()) {
      failures.add("a rounding falls the other way too often: " + often);
    }
    if (!failures.isEmpty()) {
      int shown = Math.min(40, failures.size());
      throw new AssertionError(
          failures.size() + " failures:\n" + String.join("\n", failures.subList(0, shown)));
    }
  }

  private static void one(
      Trial trial, Maker maker, long seed, Census census, List<String> failures) {
    String name = maker.name() + " seed " + seed;
    Draw draw = RandomModels.draw(maker.name(), seed);
    Trial.Outcome outcome;
    byte[] file;
    Sketch sketch;
    try {
      sketch = maker.make(draw);
      file = Trial.file(sketch);
      outcome = trial.run(maker, sketch, file);
    } catch (GraphException e) {
      failures.add(name + ": cannot be built: " + e.getMessage());
      return;
    }
    if (outcome.ending() == Trial.Ending.DIFFERENT
        && maker.rounds()
        && trial.run(maker.within(ROUNDED), sketch, file).ending() == Trial.Ending.EQUAL) {
      census.addRounded(maker);
      return;
    }
    census.add(maker, outcome);
    if (outcome.ending() == Trial.Ending.EQUAL
        || (outcome.ending() == Trial.Ending.UNSUPPORTED && Lacking.mayLack(maker))) {
      return;
    }
    failures.add(
        name
            + ": "
            + outcome.ending()
            + ": "
            + outcome.message()
            + "; saved as "
            + save(name, file)
            + (failures.size() < SHRUNK ? shrunk(trial, maker, name, draw, outcome) : ""));
  }

  private static String shrunk(
      Trial trial, Maker maker, String name, Draw draw, Trial.Outcome outcome) {
    List<Integer> small =
        Shrinker.shrink(
            draw.made(),
            TRIES,
            decisions -> {
              Trial.Outcome now = again(trial, maker, decisions);
              return now != null && now.ending() == outcome.ending();
            });
    Trial.Outcome now = again(trial, maker, small);
    if (now == null) {
      return "";
    }
    byte[] file = Trial.file(maker.make(new Draw(small)));
    return "; shrunk to " + save(name + " small", file) + ": " + now.message();
  }

  /** The same op by other decisions; null where they make no model. */
  private static Trial.Outcome again(Trial trial, Maker maker, List<Integer> decisions) {
    try {
      Sketch sketch = maker.make(new Draw(decisions));
      return trial.run(maker, sketch, Trial.file(sketch));
    } catch (GraphException | IllegalArgumentException | IndexOutOfBoundsException e) {
      return null;
    }
  }

  private static Path save(String name, byte[] file) {
    try {
      Path folder = Files.createDirectories(Path.of("target", "differential"));
      return Files.write(folder.resolve(name.replace(' ', '-') + ".tflite"), file).toAbsolutePath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
