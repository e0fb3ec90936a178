// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.runtime.catalogue.Catalogue;
import dev.sinter.runtime.catalogue.Row;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reads the exported text, and refuses one that it does not understand. */
class CatalogueTest {
  private static final String TEXT =
      """
      sinter-catalogue 1
      isa avx2 1
      op gemm 8
      field m i32 0 run
      field k i32 4 pack
      slot a in
      slot weights weights
      slot c out
      packing 0 gemm_plain 1 gemm 3
      row 0 gemm_reference 1 gemm
        arch any
        needs 0
        types s8 s8 s8
        layouts nhwc nhwc
        packing 0
        numerics xnn.gemm
        tile 1 1 1
        cost 0.5 1 100
        limit k multiple 4
        built yes
      """;

  @Test
  void readsWhatIsWritten() {
    Catalogue catalogue = Catalogue.parse(TEXT, 7);
    Row row = catalogue.rows("gemm", List.of("s8", "s8", "s8")).get(0);
    assertEquals("gemm_reference", row.name());
    assertEquals("gemm_plain", row.packing().name());
    assertTrue(row.limits().get(0).holds(8) && !row.limits().get(0).holds(9));
    assertTrue(row.op().field("k").pack());
    assertEquals("avx2", catalogue.describeBits(1));
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    List<String> wrong =
        List.of(
            TEXT.replace("sinter-catalogue 1", "sinter-catalogue 2"),
            TEXT.replace("isa avx2 1", "isa avx2"),
            TEXT.replace("  built yes", "  colour red"),
            TEXT.replace("layouts nhwc nhwc", "layouts nhwc chwn"),
            TEXT.replace("limit k multiple 4", "limit z multiple 4"),
            TEXT.replace("  packing 0\n", "  packing 5\n"),
            TEXT.replace("row 0 gemm", "row 3 gemm"),
            TEXT.replace("field k i32 4", "field k i32 8"),
            TEXT.replace("slot a in", "slot a sideways"),
            TEXT.replace("tile 1 1 1", "tile 1 x 1"),
            "",
            "nonsense\n");
    for (String text : wrong) {
      SinterException e = assertThrows(SinterException.class, () -> Catalogue.parse(text, 0), text);
      assertEquals(Status.UNSUPPORTED, e.status());
    }
  }

  @Test
  void theLibrarysOwnIsReadable() {
    Target target = Target.local();
    assertTrue(target.catalogue().rows().size() > 30);
    assertTrue(target.withIsa("reference").isa() == 0);
    assertThrows(SinterException.class, () -> target.withIsa("pentium"));
    assertThrows(SinterException.class, () -> Target.requireKnown("avx3"));
    Target.requireKnown("avx2");
    Target.requireKnown(null);
  }
}
