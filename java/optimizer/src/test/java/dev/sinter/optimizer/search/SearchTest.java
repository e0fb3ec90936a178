// Searches that can be checked: small models, all assignments of which can be tried.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Graph;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.debug.Chain;
import dev.sinter.runtime.Options;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchTest {
  private static final List<String> SCHEMES =
      List.of(SchemeSpace.FLOAT, "dynamic_wi8_afp32", "dynamic_wi4_afp32");
  private static final Graph MODEL = new Chain(7).floats();
  private static final Search.Settings SETTINGS = new Search.Settings(40, 600, 1, 8, 0, null);

  @TempDir private Path folder;

  private static SchemeSpace space() {
    return new SchemeSpace(MODEL, SCHEMES, null);
  }

  private static Judge newJudge() {
    return new ExampleJudge(MODEL, Chain.examples(60), null, 60, Options.DEFAULT);
  }

  /** A judge that counts, and can be made to fail as a killed process does. */
  private static final class Counting implements Judge {
    private final Judge judge = newJudge();
    private final int limit;
    private int judged;

    Counting(int limit) {
      this.limit = limit;
    }

    @Override
    public int examples() {
      return judge.examples();
    }

    @Override
    public Verdict judge(Graph candidate, int examples) {
      if (++judged > limit) {
        throw new IllegalStateException("killed");
      }
      return judge.judge(candidate, examples);
    }

    @Override
    public double micros(Graph candidate) {
      return judge.micros(candidate);
    }
  }

  private static SearchResult search(Budget budget) throws IOException {
    return new Search(space(), newJudge(), budget, SETTINGS).run("test");
  }

  @Test
  void nearTheBestOfAllAssignments() throws IOException {
    Budget budget = new Budget(Budget.Kind.ACCURACY, 4);
    SearchResult r = search(budget);
    assertTrue(r.complete());
    assertTrue(r.best().accuracy() >= 0.96 - 1e-9, r.best()::toString);
    SchemeSpace space = space();
    Judge judge = newJudge();
    long least = Long.MAX_VALUE;
    int n = space.layers().size();
    for (int code = 0; code < Math.pow(3, n); code++) {
      StringBuilder a = new StringBuilder();
      for (int rest = code, i = 0; i < n; i++, rest /= 3) {
        a.append(rest % 3);
      }
      Graph g = space.build(a.toString());
      long bytes = TfliteWriter.toBytes(g).length;
      if (bytes < least && judge.judge(g, 60).accuracy() >= 0.96 - 1e-9) {
        least = bytes;
      }
    }
    assertTrue(r.best().bytes() <= 1.1 * least, r.best() + ", the best has " + least);
    assertTrue(r.trials().size() < 41);
  }

  @Test
  void equalSeedsEqualSearches() throws IOException {
    Budget budget = new Budget(Budget.Kind.ACCURACY, 2);
    assertEquals(search(budget), search(budget));
  }

  @Test
  void withinBytes() throws IOException {
    long floats = TfliteWriter.toBytes(MODEL).length;
    SearchResult r = search(new Budget(Budget.Kind.BYTES, floats * 0.45));
    assertTrue(r.best().bytes() <= floats * 0.45, r.best()::toString);
    for (Trial t : r.trials()) {
      assertTrue(t.bytes() > floats * 0.45 || t.accuracy() <= r.best().accuracy(), t::toString);
    }
    List<Trial> front = r.pareto();
    for (int i = 1; i < front.size(); i++) {
      assertTrue(front.get(i).bytes() >= front.get(i - 1).bytes());
      assertTrue(front.get(i).accuracy() >= front.get(i - 1).accuracy());
    }
    assertTrue(front.contains(r.best()) || front.size() > 1);
  }

  @Test
  void aBudgetThatCannotBeKept() throws IOException {
    SearchResult r = search(new Budget(Budget.Kind.BYTES, 1));
    assertNull(r.best());
    assertEquals("22222", r.closest().assignment());
  }

  @Test
  void capsLeaveTheBestSoFar() throws IOException {
    Search.Settings few = new Search.Settings(3, 600, 1, 8, 0, null);
    SearchResult r =
        new Search(space(), newJudge(), new Budget(Budget.Kind.ACCURACY, 2), few).run("test");
    assertFalse(r.complete());
    assertEquals(3, r.trials().size());
    assertTrue(r.best().accuracy() >= 0.98 - 1e-9);
    Search.Settings short_ = new Search.Settings(100, 1e-6, 1, 8, 0, null);
    r = new Search(space(), newJudge(), new Budget(Budget.Kind.ACCURACY, 2), short_).run("test");
    assertFalse(r.complete());
    assertEquals(SchemeSpace.ORIGINAL, r.best().assignment());
  }

  @Test
  void goesOnWhereItWasKilled() throws IOException {
    Budget budget = new Budget(Budget.Kind.ACCURACY, 2);
    SearchResult whole = search(budget);
    Path file = folder.resolve("search.journal");
    Search.Settings kept = new Search.Settings(40, 600, 1, 8, 0, file);
    for (int limit : new int[] {3, 7}) {
      Counting killed = new Counting(limit);
      assertThrows(
          IllegalStateException.class, () -> new Search(space(), killed, budget, kept).run("test"));
      // The line that was being written when it died.
      Files.writeString(
          file, "{\"examples\": 8, \"assig", StandardCharsets.UTF_8, StandardOpenOption.APPEND);
    }
    Counting rest = new Counting(Integer.MAX_VALUE);
    assertEquals(whole, new Search(space(), rest, budget, kept).run("test"));
    Counting nothing = new Counting(0);
    assertEquals(whole, new Search(space(), nothing, budget, kept).run("test"));
    int all = Files.readAllLines(file).size() - 1;
    assertEquals(all - 10, rest.judged, "what two killed searches measured is not measured again");
    String message =
        assertThrows(
                IOException.class,
                () -> new Search(space(), newJudge(), budget, kept).run("another model"))
            .getMessage();
    assertTrue(message.contains("another search"), message);
    Files.writeString(file, "no journal\n");
    assertThrows(
        IOException.class, () -> new Search(space(), newJudge(), budget, kept).run("test"));
  }

  @Test
  void staticSchemesNeedExamplesOnce() throws IOException {
    SchemeSpace space =
        new SchemeSpace(MODEL, List.of(SchemeSpace.FLOAT, "static_wi8_ai8"), Chain.examples(32));
    SearchResult r =
        new Search(space, newJudge(), new Budget(Budget.Kind.ACCURACY, 10), SETTINGS).run("test");
    assertTrue(r.best().bytes() < 0.75 * r.reference().bytes(), r.best()::toString);
  }

  @Test
  void eachNewBestIsTold() throws IOException {
    java.util.ArrayList<Trial> told = new java.util.ArrayList<>();
    SearchResult r =
        new Search(space(), newJudge(), new Budget(Budget.Kind.ACCURACY, 4), SETTINGS)
            .onBest(told::add)
            .run("test");
    assertEquals(r.best(), told.get(told.size() - 1));
    for (int i = 1; i < told.size(); i++) {
      assertTrue(told.get(i).bytes() <= told.get(i - 1).bytes());
    }
  }

  @Test
  void reconstructedLayersCostLess() {
    List<String> schemes =
        List.of(SchemeSpace.FLOAT, "dynamic_wi4_afp32", "dynamic_wi4_afp32+reconstruct");
    SchemeSpace space = new SchemeSpace(MODEL, schemes, Chain.examples(48));
    Judge judge = newJudge();
    double nearest = judge.judge(space.build("11111"), 60).noise();
    double reconstructed = judge.judge(space.build("22222"), 60).noise();
    assertTrue(reconstructed < 0.5 * nearest, reconstructed + " " + nearest);
    double one = judge.judge(space.build("12111"), 60).noise();
    assertTrue(one < nearest, one + " " + nearest);
    assertEquals(
        TfliteWriter.toBytes(space.build("11111")).length,
        TfliteWriter.toBytes(space.build("22222")).length);
  }

  @Test
  void whatLayersAreGivenIsMeasuredOnce() {
    int[] opened = new int[1];
    InputSource counted =
        graph -> {
          opened[0]++;
          return Chain.examples(48).open(graph);
        };
    List<String> schemes = List.of(SchemeSpace.FLOAT, "dynamic_wi4_afp32+GPTQ");
    SchemeSpace space = new SchemeSpace(MODEL, schemes, counted);
    Graph alone = space.build("11111");
    space.build("01111");
    space.build("11110");
    assertEquals(1, opened[0]);
    assertEquals(alone, space.build("11111"));
  }

  @Test
  void aMarginHoldsBackErrors() throws IOException {
    Budget budget = new Budget(Budget.Kind.ACCURACY, 4);
    SearchResult r =
        new Search(space(), newJudge(), budget, new Search.Settings(40, 600, 1, 8, 2, null))
            .run("test");
    assertTrue(
        1 - r.best().accuracy() + 2 * Math.sqrt(r.best().flips()) / 60 <= 0.04 + 1e-9,
        r.best()::toString);
  }

  @Test
  void schemesThatAreNone() {
    for (String bad : new String[] {"float+GPTQ", "dynamic_wi4_afp32+magic", "float+"}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new SchemeSpace(MODEL, List.of(SchemeSpace.FLOAT, bad), null),
          bad);
    }
  }

  @Test
  void budgets() {
    assertEquals(new Budget(Budget.Kind.ACCURACY, 1.5), Budget.parse("accuracy=1.5"));
    assertEquals(new Budget(Budget.Kind.BYTES, 2e6), Budget.parse("bytes=2000000"));
    for (String bad : new String[] {"accuracy", "speed=1", "bytes=-1", "bytes=many", "=3"}) {
      assertThrows(IllegalArgumentException.class, () -> Budget.parse(bad));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> new SchemeSpace(MODEL, List.of(SchemeSpace.FLOAT), null));
  }
}
