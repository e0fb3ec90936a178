// What a machine can do, as far as choosing kernels needs it.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.natives.NativeLoadException;
import dev.sinter.natives.NativeLoader;
import dev.sinter.natives.jni.SinterLibrary;
import dev.sinter.runtime.catalogue.Catalogue;
import dev.sinter.runtime.catalogue.Row;
import dev.sinter.runtime.select.CostTable;
import dev.sinter.runtime.select.Families;
import dev.sinter.runtime.select.ProfiledMachine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a machine can do: instruction sets, caches, cores and the catalogue of kernels. Immutable.
 */
public final class Target {
  private static final Map<String, String> WITHIN =
      Map.of(
          "avx2", "avx2",
          "avx_vnni", "avx2 avx_vnni",
          "avx512", "avx2 avx512",
          "avx512_vnni", "avx2 avx512 avx512_vnni",
          "avx512_bf16", "avx2 avx512 avx512_vnni avx512_bf16 avx512_vbmi avx512_vbmi2 avx_vnni",
          "amx",
              "avx2 avx512 avx512_vnni avx512_bf16 avx512_vbmi avx512_vbmi2 avx_vnni amx_tile amx_int8 amx_bf16",
          "neon", "",
          "reference", "",
          "dotprod", "dotprod",
          "i8mm", "dotprod i8mm");

  private final Catalogue catalogue;
  private final String arch;
  private final long isa;
  private final long level2;
  private final long level3;
  private final int cores;
  private final String forced;
  private final Device device;
  private final CostTable costs;

  Target(
      Catalogue catalogue,
      String arch,
      long isa,
      long level2,
      long level3,
      int cores,
      String forced) {
    this(catalogue, arch, isa, level2, level3, cores, forced, Device.CPU, CostTable.GUESSES);
  }

  private Target(
      Catalogue catalogue,
      String arch,
      long isa,
      long level2,
      long level3,
      int cores,
      String forced,
      Device device,
      CostTable costs) {
    this.catalogue = catalogue;
    this.arch = arch;
    this.isa = isa;
    this.level2 = level2;
    this.level3 = level3;
    this.cores = cores;
    this.forced = forced;
    this.device = device;
    this.costs = costs;
  }

  /** A device by its catalogue, which says what the hardware has. */
  static Target ofDevice(Device device, Catalogue catalogue) {
    return new Target(
        catalogue, device.label(), catalogue.features(), 0, 0, 1, null, device, CostTable.GUESSES);
  }

  private static final class Local {
    static final Target TARGET = read();

    private Local() {}

    private static Target read() {
      int length = (int) SinterLibrary.sinter_catalogue((ByteBuffer) null, 0);
      ByteBuffer text = ByteBuffer.allocateDirect(length + 1);
      SinterLibrary.sinter_catalogue(text, length + 1L);
      byte[] bytes = new byte[length];
      text.get(bytes);
      Catalogue catalogue =
          Catalogue.parse(
              new String(bytes, StandardCharsets.US_ASCII),
              SinterLibrary.sinter_catalogue_fingerprint());
      String platform = NativeLoader.platform();
      return new Target(
          catalogue,
          platform.endsWith("arm64") ? "arm64" : "x86_64",
          SinterLibrary.sinter_cpu_features(),
          SinterLibrary.sinter_cache_bytes(2),
          SinterLibrary.sinter_cache_bytes(3),
          SinterLibrary.sinter_cores(),
          forcedByEnvironment(),
          Device.CPU,
          Families.local());
    }
  }

  /**
   * Returns this machine; the environment variable SINTER_ISA takes instruction sets away.
   *
   * @return the machine this JVM runs on
   * @throws SinterException if the native library cannot be loaded
   */
  public static Target local() {
    String forced = forcedByEnvironment();
    if (forced != null && !WITHIN.containsKey(forced)) {
      throw unknownIsa("SINTER_ISA is '" + forced + "', which");
    }
    try {
      NativeLoader.load();
    } catch (NativeLoadException e) {
      throw new SinterException(Status.UNSUPPORTED, e.getMessage(), e);
    }
    requireKnown(System.getenv("SINTER_ISA"));
    return Local.TARGET;
  }

  /** A misspelt SINTER_ISA must not pass for one that was followed. */
  static void requireKnown(String forced) {
    boolean known =
        forced == null
            || forced.isEmpty()
            || WITHIN.containsKey(forced)
            || forced.equals("avx512_bf16")
            || forced.equals("amx");
    if (!known) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          "SINTER_ISA=" + forced + " is none of " + WITHIN.keySet().stream().sorted().toList());
    }
  }

  /**
   * Returns this machine with fewer instruction sets.
   *
   * @param name {@code reference}, {@code avx2}, {@code avx512_vnni}, {@code dotprod}, ...
   * @return a target with no more than that
   */
  public Target withIsa(String name) {
    String within = WITHIN.get(name);
    if (within == null) {
      throw unknownIsa("isa '" + name + "'");
    }
    long mask = 0;
    for (Map.Entry<String, Long> bit : catalogue.isaBits().entrySet()) {
      if ((" " + within + " ").contains(" " + bit.getKey() + " ")) {
        mask |= bit.getValue();
      }
    }
    return new Target(catalogue, arch, isa & mask, level2, level3, cores, name, device, costs);
  }

  /**
   * Returns this target with the costs that a file states, made by {@code sinter profile} or by
   * hand (docs/target.md). Rows that the file does not name keep the catalogue's guess.
   *
   * @param file the file
   * @return the target
   * @throws SinterException if the file cannot be read, is no target file, or of another version
   */
  public Target withCosts(Path file) {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw new SinterException(
          Status.INVALID_ARGUMENT, "target file " + file + " cannot be read: " + e, e);
    }
    return withCosts(CostTable.parse(text, file.toString()));
  }

  /**
   * Returns the machine that a target file describes, which need not be this one: for predictions,
   * not for running.
   *
   * @param file made by {@code sinter profile} on that machine
   * @return the target
   * @throws SinterException if the file cannot be read, is no target file, or does not say what
   *     machine it is for
   */
  public static Target described(Path file) {
    Target here = local();
    CostTable table = here.withCosts(file).costs();
    ProfiledMachine host = table.host();
    if (host == null) {
      throw new SinterException(
          Status.INVALID_ARGUMENT,
          "target file "
              + file
              + " does not say what machine it is for (\"machine\": arch, isa, gigahertz, level2Bytes,"
              + " level3Bytes); make it anew with 'sinter profile'");
    }
    long isa = 0;
    for (String name : host.isa().equals("reference") ? new String[0] : host.isa().split(" ")) {
      Long bit = here.catalogue.isaBits().get(name);
      if (bit == null) {
        throw new SinterException(
            Status.INVALID_ARGUMENT,
            "target file "
                + file
                + ": machine: isa '"
                + name
                + "' is none of "
                + here.catalogue.isaBits().keySet());
      }
      isa |= bit;
    }
    return new Target(
        here.catalogue,
        host.arch(),
        isa,
        host.level2Bytes(),
        host.level3Bytes(),
        1,
        null,
        Device.CPU,
        table);
  }

  /** The same machine with other costs. */
  Target withCosts(CostTable table) {
    return new Target(catalogue, arch, isa, level2, level3, cores, forced, device, table);
  }

  /**
   * Returns this target with one row alone for the op and types of that row, so that it can be
   * measured.
   *
   * @param name the row
   * @return the target
   * @throws SinterException if the catalogue has no such row
   */
  public Target withRow(String name) {
    Row only =
        catalogue.rows().stream()
            .filter(row -> row.name().equals(name))
            .findFirst()
            .orElseThrow(
                () -> new SinterException(Status.INVALID_ARGUMENT, "there is no row " + name));
    return new Target(
        catalogue.only(only), arch, isa, level2, level3, cores, forced, device, costs);
  }

  /**
   * Returns what kernels are expected to cost here.
   *
   * @return costs by row
   */
  public CostTable costs() {
    return costs;
  }

  private static String forcedByEnvironment() {
    String forced = System.getenv("SINTER_ISA");
    return forced == null || forced.isEmpty() ? null : forced;
  }

  private static SinterException unknownIsa(String what) {
    return new SinterException(
        Status.INVALID_ARGUMENT,
        what + " is none of " + WITHIN.keySet().stream().sorted().toList());
  }

  /**
   * Returns the kernels of the native library.
   *
   * @return the catalogue
   */
  public Catalogue catalogue() {
    return catalogue;
  }

  /**
   * Returns the architecture.
   *
   * @return {@code x86_64} or {@code arm64}; of a device its own, such as {@code cuda}
   */
  public String arch() {
    return arch;
  }

  /**
   * Returns the instruction sets as bits of the catalogue.
   *
   * @return the bits
   */
  public long isa() {
    return isa;
  }

  /**
   * Returns the names of the instruction sets.
   *
   * @return names with spaces between, "reference" when there are none
   */
  public String isaNames() {
    String names = catalogue.describeBits(isa);
    return names.isEmpty() ? "reference" : names;
  }

  /**
   * Returns the instruction set that was forced.
   *
   * @return its name, or null
   */
  public String forcedIsa() {
    return forced;
  }

  /**
   * Returns what this is a target of: the processor, or a device beside it.
   *
   * @return the device whose kernels these are
   */
  public Device device() {
    return device;
  }

  /**
   * Returns the size of the second-level cache of one core.
   *
   * @return bytes, 0 if unknown
   */
  public long level2Bytes() {
    return level2;
  }

  /**
   * Returns the size of the third-level cache.
   *
   * @return bytes, 0 if unknown
   */
  public long level3Bytes() {
    return level3;
  }

  /**
   * Returns how many cores this process may use.
   *
   * @return at least 1
   */
  public int cores() {
    return cores;
  }
}
