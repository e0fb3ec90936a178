// Reading and writing loses nothing: every real model, bytes, tables and what TensorFlow Lite makes
// of them.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Graph;
import dev.sinter.graph.TestModels;
import dev.sinter.graph.flatbuffer.FlatTable;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class RoundTripTest {
  @TempDir Path temp;

  /** The model's tables; where constants lie behind the flatbuffer is left out. */
  private static FlatTable tables(Graph g) {
    FlatTable model = ((TfliteSource.File) g.source()).model;
    List<FlatTable> buffers = new ArrayList<>();
    for (FlatTable b : model.tables("buffers")) {
      buffers.add(b.integer("offset") > 1 ? b.with("offset", 2) : b);
    }
    return model.with("buffers", buffers);
  }

  @Test
  void untouchedModelsAreWrittenByteByByte() throws Exception {
    for (Path p : TestModels.all()) {
      Path out = temp.resolve("copy.tflite");
      TfliteWriter.write(TfliteReader.read(p), out);
      assertEquals(-1, Files.mismatch(p, out), p.toString());
    }
    try (var left = Files.list(temp)) {
      assertEquals(1, left.count(), "temporary files are left over");
    }
  }

  @Test
  void encodingAnewLosesNothingAndIsStable() {
    for (Path p : TestModels.all()) {
      Graph g = TfliteReader.read(p);
      byte[] once = TfliteWriter.toCanonicalBytes(g);
      Graph h = TfliteReader.read(once);
      assertEquals(g, h, p.toString());
      assertEquals(tables(g), tables(h), p + ": tables");
      assertArrayEquals(once, TfliteWriter.toCanonicalBytes(h), p + ": not stable");
      assertAligned(h, p);
    }
  }

  @Test
  void constantsBehindTheFlatbufferComeBack() {
    for (Path p : TestModels.all()) {
      if (p.toFile().length() > 20_000_000) {
        continue;
      }
      Graph g = TfliteReader.read(p);
      byte[] once = bytes(TfliteWriter.encode(g, true));
      Graph h = TfliteReader.read(once);
      assertEquals(g, h, p.toString());
      byte[] again = TfliteWriter.toCanonicalBytes(h);
      assertArrayEquals(once, again, p + ": not stable");
    }
  }

  private static byte[] bytes(List<java.nio.ByteBuffer> pieces) {
    var out =
        java.nio.ByteBuffer.allocate(
            pieces.stream().mapToInt(java.nio.ByteBuffer::remaining).sum());
    pieces.forEach(b -> out.put(b.duplicate()));
    return out.array();
  }

  private static void assertAligned(Graph g, Path p) {
    // The reader's buffers are slices of one array, whose offsets show where they lie.
    byte[] file = TfliteWriter.toBytes(g);
    for (FlatTable b : tables(g).tables("buffers")) {
      if (b.has("data") && b.vector("data").count() >= 32) {
        int at = find(file, b.vector("data").bytes());
        assertEquals(0, at % 16, p + ": a buffer is not aligned");
      }
    }
  }

  /** Where bytes stand behind their number; zeros, for one, stand elsewhere, too. */
  private static int find(byte[] file, java.nio.ByteBuffer data) {
    var all = java.nio.ByteBuffer.wrap(file);
    for (int at = 4; at + data.capacity() <= file.length; at += 4) {
      if (all.getInt(at) == data.order(java.nio.ByteOrder.BIG_ENDIAN).getInt(0)
          && Integer.reverseBytes(all.getInt(at - 4)) == data.capacity()
          && all.slice(at, data.capacity()).equals(data)) {
        return at;
      }
    }
    return 1;
  }

  /** A sparse file takes little room on disk, and shows that nothing counts in 32 bits. */
  @Test
  void filesAboveTwoGigabytes() throws Exception {
    var b = Graph.builder("far");
    float[] w = {1, 2, 3, 4};
    Graph g =
        b.input("x", dev.sinter.graph.ElementType.FLOAT32, 1, 4)
            .add(b.floats("c", w, 4), dev.sinter.graph.Activation.NONE)
            .output("y")
            .build();
    var bytes = java.nio.ByteBuffer.wrap(bytes(TfliteWriter.encode(g, true)));
    bytes.order(java.nio.ByteOrder.LITTLE_ENDIAN);
    long near = tables64(bytes);
    long far = (1L << 32) + 4096;
    for (int at = 0; at + 8 <= near; at += 4) {
      if (bytes.getLong(at) == near) {
        bytes.putLong(at, far);
      }
    }
    Path file = temp.resolve("far.tflite");
    try (var out =
        java.nio.channels.FileChannel.open(
            file,
            java.nio.file.StandardOpenOption.CREATE_NEW,
            java.nio.file.StandardOpenOption.WRITE)) {
      out.write(bytes.slice(0, (int) near));
      out.write(bytes.slice((int) near, 16), far);
    }
    assertTrue(Files.size(file) > 1L << 32);
    Graph h = TfliteReader.read(file);
    assertEquals(g.main(), h.main());
    Path copy = temp.resolve("copy.tflite");
    TfliteWriter.write(h, copy);
    assertTrue(Files.size(copy) < 10_000);
    assertEquals(g.main(), TfliteReader.read(copy).main());
    try (var out =
        java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
      out.truncate(far + 8);
    }
    var e =
        org.junit.jupiter.api.Assertions.assertThrows(
            dev.sinter.graph.GraphException.class, () -> TfliteReader.read(file));
    assertTrue(e.getMessage().contains("cut off"), e.getMessage());
  }

  /** Where the only constant behind the flatbuffer lies. */
  private static long tables64(java.nio.ByteBuffer file) {
    FlatTable model = ((TfliteSource.File) TfliteReader.read(file.duplicate()).source()).model;
    return model.tables("buffers").get(1).integer("offset");
  }

  @Test
  void labelsBehindTheModelAreStillAnArchive() throws Exception {
    Path p = TestModels.model("coral/tf2_mobilenet_v2_1.0_224_ptq.tflite");
    Path out = temp.resolve("moved.tflite");
    Graph g =
        TfliteReader.read(p)
            .withDescription("a description long enough to move everything behind it");
    TfliteWriter.write(g, out);
    try (ZipFile before = new ZipFile(p.toFile());
        ZipFile after = new ZipFile(out.toFile())) {
      assertTrue(before.size() > 0);
      assertEquals(before.size(), after.size());
      for (ZipEntry e : java.util.Collections.list(before.entries())) {
        assertArrayEquals(
            before.getInputStream(e).readAllBytes(),
            after.getInputStream(after.getEntry(e.getName())).readAllBytes());
      }
    }
  }

  /**
   * One begin and one size for three axes, as long as nobody resizes these inputs: the outcome
   * hangs on what lies behind them in memory.
   */
  private static final Set<String> READS_BEYOND = Set.of("single_slice.tflite");

  /** Runs in forked JVMs: a model that crashes TensorFlow Lite ends only its own. */
  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void encodedAnewModelsRunAlike() throws Exception {
    Path folder = TestModels.folder();
    List<Path> models = TestModels.all();
    Deque<String> todo = new ArrayDeque<>();
    for (int i = 0; i < models.size(); i++) {
      if (READS_BEYOND.contains(models.get(i).getFileName().toString())) {
        System.out.println(models.get(i) + ": not run, TensorFlow Lite reads beyond its inputs");
        continue;
      }
      Path out = temp.resolve(i + ".tflite");
      TfliteWriter.writeCanonical(TfliteReader.read(models.get(i)), out);
      todo.add(models.get(i) + "\t" + out);
    }
    Map<String, List<String>> verdicts = new TreeMap<>();
    while (!todo.isEmpty()) {
      oracle(todo, folder, verdicts);
    }
    for (Map.Entry<String, List<String>> e : verdicts.entrySet()) {
      System.out.println(
          e.getKey()
              + ": "
              + (e.getKey().equals("EQUAL") ? e.getValue().size() + " models" : e.getValue()));
    }
    verdicts.forEach(
        (k, v) ->
            assertTrue(!k.startsWith("DIFFERENT") && !k.contains("copy"), () -> k + ": " + v));
    assertTrue(
        verdicts.get("EQUAL").size() >= models.size() * 9 / 10, () -> "too few ran: " + verdicts);
  }

  private static void oracle(Deque<String> todo, Path folder, Map<String, List<String>> verdicts)
      throws Exception {
    ProcessBuilder pb =
        new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"),
            "-cp",
            System.getProperty("java.class.path"),
            "-XX:+SuppressFatalErrorMessage",
            TfliteOracle.class.getName());
    pb.redirectError(new File("/dev/null"));
    Process process = pb.start();
    List<String> input = new ArrayList<>(todo);
    try (OutputStream out = process.getOutputStream()) {
      out.write((String.join("\n", input) + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (java.io.IOException e) {
      // It ended before it read all: what it printed says how far it came.
    }
    boolean open = false;
    String running = "";
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("RUN ")) {
          open = true;
          running = line.substring(4);
        } else if (line.startsWith("END ")) {
          open = false;
          note(todo, folder, verdicts, line.substring(4));
        }
      }
    }
    process.waitFor();
    if (open) {
      note(todo, folder, verdicts, "CRASH of TensorFlow Lite by the " + running);
    } else if (!todo.isEmpty() && todo.size() == input.size()) {
      throw new IllegalStateException(
          "the other JVM did not run, exit code " + process.exitValue());
    }
  }

  private static void note(
      Deque<String> todo, Path folder, Map<String, List<String>> verdicts, String verdict) {
    String file = todo.remove().split("\t", -1)[0];
    verdicts
        .computeIfAbsent(verdict, k -> new ArrayList<>())
        .add(folder.relativize(Path.of(file)).toString());
  }
}
