// Reads the catalogue's text; every line it does not know is an error here, not a surprise later.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.catalogue;

import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One use; the text may be hostile. */
final class CatalogueParser {
  private static final int VERSION = 1;
  private static final int MAX_SLOTS = 8;
  private static final int MAX_SOURCES = 8;
  private static final int MAX_PARAMS_BYTES = 1 << 16;
  private static final int MAX_TILE = 1 << 16;
  private static final Set<String> ARCHITECTURES = Set.of("any", "x86_64", "arm64", "cuda");
  private static final Set<String> TYPES =
      Set.of("f32", "bf16", "f16", "s4", "s8", "u8", "s16", "s32", "s64", "bool");
  private static final Set<String> ROW_FACTS =
      Set.of(
          "arch",
          "needs",
          "types",
          "layouts",
          "packing",
          "numerics",
          "tile",
          "cost",
          "limit",
          "built");

  private final String[] lines;
  private final long fingerprint;
  private final Map<String, Long> isaBits = new LinkedHashMap<>();
  private final Map<String, OpSpec> ops = new LinkedHashMap<>();
  private final List<PackingSpec> packings = new ArrayList<>();
  private final List<Row> rows = new ArrayList<>();
  private final Set<String> rowNames = new HashSet<>();
  private long allBits;
  private long features;
  private boolean hasFeatures;
  private int at;
  private String[] words = {};

  CatalogueParser(String text, long fingerprint) {
    this.lines = text.split("\n");
    this.fingerprint = fingerprint;
  }

  Catalogue parse() {
    if (!next() || !words[0].equals("sinter-catalogue") || words.length != 2) {
      throw error("'sinter-catalogue' and a version are expected");
    }
    if (!words[1].equals(Integer.toString(VERSION))) {
      throw error("version " + words[1] + " of the catalogue; this jar reads version " + VERSION);
    }
    while (next()) {
      switch (words[0]) {
        case "isa" -> isa();
        case "features" -> features();
        case "op" -> op();
        case "packing" -> packing();
        case "row" -> row();
        default -> throw error("an unknown line");
      }
    }
    return new Catalogue(isaBits, ops, packings, rows, fingerprint, features);
  }

  private void isa() {
    count(3);
    long bit = bits(words[2]);
    if (Long.bitCount(bit) != 1 || (allBits & bit) != 0) {
      throw error("an instruction set needs one bit of its own");
    }
    if (isaBits.put(words[1], bit) != null) {
      throw error("a second instruction set of this name");
    }
    allBits |= bit;
  }

  /** What the hardware of a device has; bits are named by the lines that follow. */
  private void features() {
    count(2);
    if (hasFeatures) {
      throw error("a second line of features");
    }
    hasFeatures = true;
    features = bits(words[1]);
  }

  private void op() {
    count(3);
    String name = words[1];
    int bytes = number(words[2], 0, MAX_PARAMS_BYTES);
    Map<String, FieldSpec> fields = new LinkedHashMap<>();
    Set<Integer> offsets = new HashSet<>();
    List<SlotSpec> slots = new ArrayList<>();
    while (peek("field ") || peek("slot ")) {
      next();
      if (words[0].equals("field")) {
        count(5);
        int offset = number(words[3], 0, bytes - 4);
        if (offset % 4 != 0 || !offsets.add(offset)) {
          throw error("a field of 4 bytes at an offset of its own is expected");
        }
        boolean real = either("f32", "i32", words[2]);
        FieldSpec field = new FieldSpec(words[1], real, offset, either("pack", "run", words[4]));
        if (fields.put(field.name(), field) != null) {
          throw error("a second field of this name");
        }
      } else {
        count(3);
        slots.add(new SlotSpec(words[1], role(words[2])));
      }
    }
    if (slots.isEmpty() || slots.size() > MAX_SLOTS) {
      throw error("an op with " + slots.size() + " slots");
    }
    if (slots.stream().filter(s -> s.role() == SlotSpec.Role.WEIGHTS).count() > 1) {
      throw error("an op with two slots of weights");
    }
    OpSpec op = new OpSpec(name, bytes, Collections.unmodifiableMap(fields), List.copyOf(slots));
    if (ops.put(name, op) != null) {
      throw error("a second op of this name");
    }
  }

  private void packing() {
    count(6);
    if (number(words[1], 0, Integer.MAX_VALUE) != packings.size()) {
      throw error("a packing out of order");
    }
    packings.add(
        new PackingSpec(
            packings.size(),
            words[2],
            number(words[3], 0, Integer.MAX_VALUE),
            knownOp(words[4]).name(),
            number(words[5], 1, MAX_SOURCES)));
  }

  private void row() {
    count(5);
    Row.Builder row = new Row.Builder();
    row.index = number(words[1], 0, Integer.MAX_VALUE);
    if (row.index != rows.size()) {
      throw error("a row out of order");
    }
    row.name = words[2];
    if (!rowNames.add(row.name)) {
      throw error("a second row of this name");
    }
    row.revision = number(words[3], 0, Integer.MAX_VALUE);
    row.op = knownOp(words[4]);
    Set<String> seen = new HashSet<>();
    while (peek("  ")) {
      next();
      if (!seen.add(words[0]) && !words[0].equals("limit")) {
        throw error("a second '" + words[0] + "' of this row");
      }
      fact(row);
    }
    for (String fact : ROW_FACTS) {
      if (!fact.equals("limit") && !seen.contains(fact)) {
        throw error("row " + row.name + " says nothing about '" + fact + "'");
      }
    }
    rows.add(row.build());
  }

  private void fact(Row.Builder row) {
    switch (words[0]) {
      case "arch" -> {
        count(2);
        if (!ARCHITECTURES.contains(words[1])) {
          throw error("an unknown architecture");
        }
        row.arch = words[1];
      }
      case "needs" -> {
        count(2);
        row.needs = bits(words[1]);
        if ((row.needs & ~allBits) != 0) {
          throw error("bits that no 'isa' line names");
        }
      }
      case "types" -> {
        count(1 + row.op.slots().size());
        row.types = List.of(words).subList(1, words.length);
        if (!TYPES.containsAll(row.types)) {
          throw error("an unknown type");
        }
      }
      case "layouts" -> {
        count(3);
        row.layoutIn = layout(words[1]);
        row.layoutOut = layout(words[2]);
      }
      case "packing" -> rowPacking(row);
      case "numerics" -> {
        count(2);
        row.numerics = words[1];
      }
      case "tile" -> {
        count(4);
        row.tileM = number(words[1], 1, MAX_TILE);
        row.tileN = number(words[2], 1, MAX_TILE);
        row.tileK = number(words[3], 1, MAX_TILE);
      }
      case "cost" -> {
        count(4);
        row.opsPerCycle = real(words[1]);
        row.bytesPerCycle = real(words[2]);
        row.callCycles = real(words[3]);
        if (row.opsPerCycle == 0) {
          throw error("a kernel that computes nothing per cycle");
        }
      }
      case "limit" -> row.limits.add(limit(row.op));
      case "built" -> {
        count(2);
        row.built = either("yes", "no", words[1]);
      }
      default -> throw error("an unknown line");
    }
  }

  private void rowPacking(Row.Builder row) {
    count(2);
    int index = number(words[1], -1, packings.size() - 1);
    row.packing = index < 0 ? null : packings.get(index);
    boolean weights =
        row.op.slots().stream().anyMatch(slot -> slot.role() == SlotSpec.Role.WEIGHTS);
    if (weights != (row.packing != null) || (weights && !row.packing.op().equals(row.op.name()))) {
      throw error("a packing of this op's weights is expected, or -1 where it has none");
    }
  }

  private Limit limit(OpSpec op) {
    if (words.length < 4 || !op.fields().containsKey(words[1]) || op.field(words[1]).real()) {
      throw error("a limit on one of the op's integer parameters is expected");
    }
    boolean range = either("range", "multiple", words[2]);
    count(range ? 5 : 4);
    int low = number(words[3], range ? Integer.MIN_VALUE : 1, Integer.MAX_VALUE);
    return new Limit(words[1], range, low, range ? number(words[4], low, Integer.MAX_VALUE) : 0);
  }

  private OpSpec knownOp(String name) {
    OpSpec op = ops.get(name);
    if (op == null) {
      throw error("op '" + name + "' was not declared before");
    }
    return op;
  }

  private SlotSpec.Role role(String word) {
    return switch (word) {
      case "in" -> SlotSpec.Role.IN;
      case "weights" -> SlotSpec.Role.WEIGHTS;
      case "out" -> SlotSpec.Role.OUT;
      default -> throw error("an unknown role of a slot");
    };
  }

  private Layout layout(String word) {
    return switch (word) {
      case "nhwc" -> Layout.NHWC;
      case "planar_quads" -> Layout.PLANAR_QUADS;
      default -> throw error("an unknown layout");
    };
  }

  // ---- words
  // -------------------------------------------------------------------------------------

  private boolean next() {
    if (at >= lines.length) {
      return false;
    }
    words = lines[at++].strip().split(" +");
    return true;
  }

  private boolean peek(String start) {
    return at < lines.length && lines[at].startsWith(start);
  }

  private void count(int expected) {
    if (words.length != expected) {
      throw error("'" + words[0] + "' with " + (expected - 1) + " values is expected");
    }
  }

  private boolean either(String yes, String no, String word) {
    if (!word.equals(yes) && !word.equals(no)) {
      throw error("'" + yes + "' or '" + no + "' is expected");
    }
    return word.equals(yes);
  }

  private int number(String word, int low, int high) {
    try {
      int value = Integer.parseInt(word);
      if (value >= low && value <= high) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw error("'" + word + "' is not a number from " + low + " to " + high);
  }

  private long bits(String word) {
    try {
      return Long.parseUnsignedLong(word);
    } catch (NumberFormatException e) {
      throw error("'" + word + "' is not a set of bits");
    }
  }

  private double real(String word) {
    try {
      double value = Double.parseDouble(word);
      if (value >= 0 && value < Double.POSITIVE_INFINITY) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw error("'" + word + "' is not a rate");
  }

  private SinterException error(String what) {
    String line = at > 0 ? lines[at - 1].strip() : "";
    return new SinterException(
        Status.UNSUPPORTED,
        "catalogue of the native library, line "
            + at
            + " '"
            + (line.length() > 80 ? line.substring(0, 80) + "..." : line)
            + "': "
            + what
            + "; library and jars are of different releases");
  }
}
