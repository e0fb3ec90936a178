# Rows of instruction sets that the machine lacks, compiled to others: the files of those sets, and cpu.cc, which says
# that they are there, are built a second time and take the place of their objects; all else is shared with the tests of
# the real ones.

# Adds the library `target` of the families of SINTER_EMULATE (avx512, avxvnni, amx) among the files, and sets
# SINTER_EMULATED_REAL to a regular expression of the objects that it stands for. To be called where targets that link
# it are made.
function(sinter_add_emulated target)
  add_library(${target} OBJECT)
  target_link_libraries(${target} PRIVATE sinter_objects)
  set(families ${SINTER_EMULATE})
  foreach(file ${ARGN})
    get_filename_component(name ${file} NAME_WE)
    string(REGEX MATCH "^x86_[a-z0-9]+" isa ${name})
    string(REGEX MATCH "avx512|avxvnni|amx" family "${isa}")
    if(NOT family OR NOT family IN_LIST families)
      continue()
    endif()
    if("avx512" IN_LIST families AND NOT family STREQUAL "avxvnni")
      # -O1: SIMDe's inline functions take the compiler minutes per file at -O2.
      set(flags ${SINTER_FLAGS_x86_avx2} -O1 -DSINTER_EMULATED=1 -Wno-psabi -include
          ${CMAKE_CURRENT_SOURCE_DIR}/emulated_avx512.h)
    elseif(family STREQUAL "amx")
      set(flags ${SINTER_FLAGS_${isa}} -include ${CMAKE_CURRENT_SOURCE_DIR}/emulated_amx.h)
    else()
      set(flags ${SINTER_FLAGS_x86_avx2} -DSINTER_EMULATED=1)
    endif()
    set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "${flags}")
    target_sources(${target} PRIVATE ${file})
  endforeach()
  set(cpu ${CMAKE_CURRENT_SOURCE_DIR}/../src/core/cpu.cc)
  target_sources(${target} PRIVATE ${cpu})
  set(macros "")
  foreach(family ${families})
    string(TOUPPER ${family} macro)
    list(APPEND macros SINTER_EMULATE_${macro}=1)
  endforeach()
  set_source_files_properties(${cpu} PROPERTIES COMPILE_DEFINITIONS "${macros}")
  string(REPLACE ";" "|" any "${families}")
  set(SINTER_EMULATED_REAL "/x86_(${any})[^/]*$|/core/cpu\\.cc[^/]*$" PARENT_SCOPE)
endfunction()
