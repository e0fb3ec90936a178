// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.catalogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Status;
import dev.sinter.runtime.Target;
import dev.sinter.runtime.TestTargets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CatalogueTest {
  private static final String TEXT = TestTargets.CATALOGUE + TestTargets.CONVERSIONS;

  @Test
  void saysWhatTheTextSays() {
    Catalogue catalogue = Catalogue.parse(TEXT, 7);
    assertEquals(7, catalogue.fingerprint());
    assertEquals(8, catalogue.rows().size());
    assertEquals("avx2 avx512", catalogue.describeBits(3));
    Row row = catalogue.rows().get(2);
    assertEquals("gemm_s8s8s8_avx512", row.name());
    assertEquals(List.of("s8", "s8", "s8"), row.types());
    assertEquals(64, row.tileN());
    assertEquals(58, row.opsPerCycle());
    assertEquals("gemm_s8_plain", row.packing().name());
    assertTrue(row.limits().get(0).holds(8));
    assertFalse(row.limits().get(0).holds(6));
    assertEquals(Layout.PLANAR_QUADS, catalogue.rows().get(3).layoutIn());
    assertNull(catalogue.rows().get(6).packing());
    assertTrue(catalogue.op("gemm").field("k").pack());
    assertTrue(catalogue.op("gemm").field("act_min").real());
    assertFalse(catalogue.rows().get(4).built());
    assertEquals(2, catalogue.rows("layout", List.of("s8", "s8")).size());
    assertThrows(SinterException.class, () -> catalogue.op("sigmoid"));
    assertThrows(SinterException.class, () -> catalogue.op("gemm").field("x"));
  }

  @Test
  void theLibrarysOwnIsRead() {
    Catalogue catalogue = Target.local().catalogue();
    assertTrue(catalogue.rows().size() > 40);
    for (Row row : catalogue.rows()) {
      assertFalse(catalogue.rows(row.op().name(), row.types()).isEmpty());
    }
  }

  @Test
  void quadsOfOnePixelAreItsChannels() {
    assertTrue(Layout.same(Layout.NHWC, Layout.PLANAR_QUADS, 1, 8));
    assertFalse(Layout.same(Layout.NHWC, Layout.PLANAR_QUADS, 1, 6));
    assertFalse(Layout.same(Layout.NHWC, Layout.PLANAR_QUADS, 2, 8));
    assertTrue(Layout.same(Layout.PLANAR_QUADS, Layout.PLANAR_QUADS, 2, 6));
  }

  @ParameterizedTest
  @CsvSource({
    "sinter-catalogue 1, sinter-catalogue 2, version 2",
    "sinter-catalogue 1, hello, sinter-catalogue",
    "isa avx512 2, isa avx512 1, bit of its own",
    "isa avx512 2, isa avx512 3, bit of its own",
    "isa avx512 2, isa avx512 x, not a set of bits",
    "isa avx512 2, isa avx2 2, second instruction set",
    "isa avx512 2, ace avx512 2, unknown line",
    "op gemm 44, op gemm -4, not a number",
    "op gemm 44, op gemm 8, not a number",
    "op layout 20, op gemm 20, second op",
    "field n i32 4 pack, field n i64 4 pack, 'f32' or 'i32'",
    "field n i32 4 pack, field n i32 4 some, 'pack' or 'run'",
    "field n i32 4 pack, field n i32 5 pack, offset of its own",
    "field n i32 4 pack, field n i32 0 pack, offset of its own",
    "field n i32 4 pack, field m i32 4 pack, second field",
    "slot weights weights, slot weights wait, role",
    "slot a in, slot a weights, two slots of weights",
    "packing 1 gemm_s8, packing 2 gemm_s8, out of order",
    "packing 0 gemm_s8_plain 1 gemm 3, packing 0 gemm_s8_plain 1 conv 3, not declared",
    "packing 0 gemm_s8_plain 1 gemm 3, packing 0 gemm_s8_plain 1 gemm 99, not a number",
    "row 0 gemm, row 1 gemm, out of order",
    "row 1 gemm_s8s8s8_avx2 1 gemm, row 1 gemm_s8s8s8_avx2 1 conv, not declared",
    "row 1 gemm_s8s8s8_avx2 , row 1 gemm_s8s8s8_reference , second row",
    "arch any, arch mips, architecture",
    "needs 1, needs 8, no 'isa' line",
    "types s8 s8 s8, types s8 s8, 'types' with 3",
    "types s8 s8 s8, types s8 s8 s7, unknown type",
    "layouts nhwc nhwc, layouts nhwc nchw, unknown layout",
    "'  packing 0\n', '  packing -1\n', packing of this op",
    "'  packing 0\n', '  packing 7\n', not a number",
    "'  packing -1\n', '  packing 0\n', packing of this op",
    "tile 6 16 2, tile 6 0 2, not a number",
    "cost 26 16 200, cost 0 16 200, nothing per cycle",
    "cost 26 16 200, cost -1 16 200, not a rate",
    "cost 26 16 200, cost NaN 16 200, not a rate",
    "cost 26 16 200, cost Infinity 16 200, not a rate",
    "limit k multiple 4, limit k multiple 0, not a number",
    "limit k multiple 4, limit k range 5 4, not a number",
    "limit k multiple 4, limit q multiple 4, limit on one",
    "limit k multiple 4, limit act_min multiple 4, limit on one",
    "limit k multiple 4, limit k, limit on one",
    "limit k multiple 4, limit k about 4, 'range' or 'multiple'",
    "built yes, built maybe, 'yes' or 'no'",
    "'  built yes\n', '', says nothing about 'built'",
    "'  arch any\n', '  arch any\n  arch any\n', second 'arch'",
    "'  arch any\n', '  arch any\n  speed 3\n', unknown line",
  })
  void damageIsNamed(String from, String to, String message) {
    assertTrue(TEXT.contains(from), from);
    String damaged = TEXT.replaceFirst(java.util.regex.Pattern.quote(from), to);
    SinterException e =
        assertThrows(SinterException.class, () -> Catalogue.parse(damaged, 0), damaged);
    assertEquals(Status.UNSUPPORTED, e.status());
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void hostileTextEndsInOneKindOfException() {
    Random random = new Random(5);
    String letters = "abs8 0123-.\n\t\u0000e";
    for (int round = 0; round < 20_000; round++) {
      StringBuilder text = new StringBuilder(TEXT);
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.setCharAt(at, letters.charAt(random.nextInt(letters.length())));
          case 1 -> text.delete(at, Math.min(text.length(), at + random.nextInt(40)));
          default -> text.insert(at, letters.charAt(random.nextInt(letters.length())));
        }
      }
      try {
        Catalogue.parse(text.toString(), 0);
      } catch (SinterException e) {
        assertEquals(Status.UNSUPPORTED, e.status());
      }
    }
    assertThrows(SinterException.class, () -> Catalogue.parse("", 0));
    assertThrows(SinterException.class, () -> Catalogue.parse("\n\n\n", 0));
  }
}
