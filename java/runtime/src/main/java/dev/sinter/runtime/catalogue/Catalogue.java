// What the native library offers.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.catalogue;

import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Ops, packings and kernel rows, of all instruction sets. Immutable. docs/catalogue.md. */
public final class Catalogue {
  private final Map<String, Long> isaBits;
  private final Map<String, OpSpec> ops;
  private final List<PackingSpec> packings;
  private final List<Row> rows;
  private final long fingerprint;
  private final long features;

  Catalogue(
      Map<String, Long> isaBits,
      Map<String, OpSpec> ops,
      List<PackingSpec> packings,
      List<Row> rows,
      long fingerprint,
      long features) {
    this.isaBits = Collections.unmodifiableMap(new LinkedHashMap<>(isaBits));
    this.ops = Collections.unmodifiableMap(new LinkedHashMap<>(ops));
    this.packings = List.copyOf(packings);
    this.rows = List.copyOf(rows);
    this.fingerprint = fingerprint;
    this.features = features;
  }

  /**
   * Reads the exported text.
   *
   * @param text what sinter_catalogue writes
   * @param fingerprint what sinter_catalogue_fingerprint returns
   * @throws SinterException if a line is not what docs/catalogue.md says
   */
  public static Catalogue parse(String text, long fingerprint) {
    return new CatalogueParser(text, fingerprint).parse();
  }

  /**
   * The hash that core/catalogue.cc makes of a catalogue's text: FNV-1a from a start of its own.
   */
  public static long fingerprint(String text) {
    long hash = 1469598103934665603L;
    for (byte b : text.getBytes(StandardCharsets.US_ASCII)) {
      hash = (hash ^ (b & 255)) * 0x100000001b3L;
    }
    return hash;
  }

  /** What the hardware has, where the catalogue is a device's and says so; else 0. */
  public long features() {
    return features;
  }

  public long fingerprint() {
    return fingerprint;
  }

  /** Names of instruction sets and their bits, in the library's order. */
  public Map<String, Long> isaBits() {
    return isaBits;
  }

  /** The contract of an op; fails for one that the library does not have. */
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

  /** This catalogue with one row alone for that row's op and types. */
  public Catalogue only(Row row) {
    List<Row> kept = new ArrayList<>(rows);
    kept.removeIf(
        r ->
            r.index() != row.index()
                && r.op().name().equals(row.op().name())
                && r.types().equals(row.types()));
    return new Catalogue(isaBits, ops, packings, kept, fingerprint, features);
  }

  public List<PackingSpec> packings() {
    return packings;
  }

  public List<Row> rows() {
    return rows;
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
}
