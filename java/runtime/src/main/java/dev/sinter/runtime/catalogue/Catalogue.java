// What the native library offers, read from the text it exports.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.catalogue;

import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Ops, packings and kernel rows, of all instruction sets. Immutable. docs/catalogue.md. */
public final class Catalogue {
  private final Map<String, Long> isaBits = new LinkedHashMap<>();
  private final Map<String, OpSpec> ops = new LinkedHashMap<>();
  private final List<PackingSpec> packings = new ArrayList<>();
  private final List<Row> rows = new ArrayList<>();
  private final long fingerprint;

  private Catalogue(long fingerprint) {
    this.fingerprint = fingerprint;
  }

  /**
   * Reads the exported text.
   *
   * @param text what sinter_catalogue writes
   * @param fingerprint what sinter_catalogue_fingerprint returns
   */
  public static Catalogue parse(String text, long fingerprint) {
    Catalogue catalogue = new Catalogue(fingerprint);
    new Parser(catalogue, text).parse();
    return catalogue;
  }

  public long fingerprint() {
    return fingerprint;
  }

  /** Names of instruction sets and their bits, in a fixed order. */
  public Map<String, Long> isaBits() {
    return Map.copyOf(isaBits);
  }

  public OpSpec op(String name) {
    OpSpec op = ops.get(name);
    if (op == null) {
      throw new SinterException(
          Status.UNSUPPORTED,
          "the native library has no op '"
              + name
              + "'; library and jars are of different releases");
    }
    return op;
  }

  public List<PackingSpec> packings() {
    return List.copyOf(packings);
  }

  public List<Row> rows() {
    return List.copyOf(rows);
  }

  /** Rows of one op with these types per slot. */
  public List<Row> rows(String op, List<String> types) {
    List<Row> found = new ArrayList<>();
    for (Row row : rows) {
      if (row.op().name().equals(op) && row.types().equals(types)) {
        found.add(row);
      }
    }
    return found;
  }

  /** The bits in words, such as "avx512 avx512_vnni". */
  public String describeBits(long bits) {
    StringBuilder text = new StringBuilder();
    isaBits.forEach(
        (name, bit) -> {
          if ((bits & bit) != 0) {
            text.append(text.length() == 0 ? "" : " ").append(name);
          }
        });
    return text.toString();
  }

  /** Reads line by line; every line it does not know is an error, not a surprise later. */
  private static final class Parser {
    private final Catalogue catalogue;
    private final String[] lines;
    private int at;
    private String[] words;

    Parser(Catalogue catalogue, String text) {
      this.catalogue = catalogue;
      this.lines = text.split("\n");
    }

    void parse() {
      next();
      expect("sinter-catalogue", 2);
      if (!words[1].equals("1")) {
        throw error("version " + words[1] + " of the catalogue; this jar reads version 1");
      }
      while (next()) {
        switch (words[0]) {
          case "isa" -> {
            expect("isa", 3);
            catalogue.isaBits.put(words[1], Long.parseUnsignedLong(words[2]));
          }
          case "op" -> op();
          case "packing" -> packing();
          case "row" -> row();
          default -> throw error("an unknown line");
        }
      }
    }

    private void op() {
      expect("op", 3);
      String name = words[1];
      int bytes = number(words[2]);
      Map<String, FieldSpec> fields = new LinkedHashMap<>();
      List<SlotSpec> slots = new ArrayList<>();
      while (peek("field") || peek("slot")) {
        next();
        if (words[0].equals("field")) {
          expect("field", 5);
          int offset = number(words[3]);
          if (offset < 0 || offset > bytes - 4) {
            throw error("a field outside its parameters");
          }
          fields.put(
              words[1],
              new FieldSpec(words[1], words[2].equals("f32"), offset, words[4].equals("pack")));
        } else {
          expect("slot", 3);
          slots.add(new SlotSpec(words[1], SlotSpec.Role.of(words[2])));
        }
      }
      catalogue.ops.put(name, new OpSpec(name, bytes, fields, List.copyOf(slots)));
    }

    private void packing() {
      expect("packing", 6);
      if (number(words[1]) != catalogue.packings.size()) {
        throw error("a packing out of order");
      }
      catalogue.packings.add(
          new PackingSpec(number(words[1]), words[2], number(words[3]), number(words[5])));
    }

    private void row() {
      expect("row", 5);
      Row.Builder row = new Row.Builder();
      row.index = number(words[1]);
      if (row.index != catalogue.rows.size()) {
        throw error("a row out of order");
      }
      row.name = words[2];
      row.revision = number(words[3]);
      row.op = catalogue.op(words[4]);
      while (at < lines.length && lines[at].startsWith("  ")) {
        next();
        switch (words[0]) {
          case "arch" -> row.arch = word(1);
          case "needs" -> row.needs = Long.parseUnsignedLong(word(1));
          case "types" -> row.types = List.of(words).subList(1, words.length);
          case "layouts" -> {
            row.layoutIn = Layout.of(word(1));
            row.layoutOut = Layout.of(word(2));
          }
          case "packing" -> {
            int packing = number(word(1));
            if (packing >= catalogue.packings.size()) {
              throw error("a packing that is not there");
            }
            row.packing = packing < 0 ? null : catalogue.packings.get(packing);
          }
          case "numerics" -> row.numerics = word(1);
          case "tile" -> {
            row.tileM = number(word(1));
            row.tileN = number(word(2));
            row.tileK = number(word(3));
          }
          case "cost" -> {
            row.opsPerCycle = Double.parseDouble(word(1));
            row.bytesPerCycle = Double.parseDouble(word(2));
            row.callCycles = Double.parseDouble(word(3));
          }
          case "limit" -> {
            FieldSpec field = row.op.field(word(1));
            boolean range = word(2).equals("range");
            row.limits.add(
                new Limit(field.name(), range, number(word(3)), range ? number(word(4)) : 0));
          }
          case "built" -> row.built = word(1).equals("yes");
          default -> throw error("an unknown line");
        }
      }
      catalogue.rows.add(row.build());
    }

    private boolean next() {
      if (at >= lines.length) {
        return false;
      }
      words = lines[at++].strip().split(" ");
      return true;
    }

    private boolean peek(String first) {
      return at < lines.length && lines[at].startsWith(first + " ");
    }

    private void expect(String first, int count) {
      if (!words[0].equals(first) || words.length != count) {
        throw error("'" + first + "' with " + (count - 1) + " values is expected");
      }
    }

    private String word(int index) {
      if (index >= words.length) {
        throw error("a value is missing");
      }
      return words[index];
    }

    private int number(String word) {
      try {
        return Integer.parseInt(word);
      } catch (NumberFormatException e) {
        throw error("'" + word + "' is not a number");
      }
    }

    private SinterException error(String what) {
      return new SinterException(
          Status.UNSUPPORTED,
          "catalogue of the native library, line "
              + at
              + ": "
              + what
              + "; library and jars are of different releases");
    }
  }
}
