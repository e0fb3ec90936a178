# The ISA of a kernel file is its name; it is built with exactly these flags on top of the baseline
# (x86-64, armv8-a). Files for another architecture are left out; their rows stay in the catalogue.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(SINTER_ARCH x86_64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(SINTER_ARCH arm64)
else()
  set(SINTER_ARCH other)
endif()

set(SINTER_FLAGS_x86_avx2 -mavx2 -mfma -mf16c)
set(SINTER_FLAGS_x86_avxvnni ${SINTER_FLAGS_x86_avx2} -mavxvnni)
# GCC 12's AVX-512 headers read a variable they leave unset on purpose (its bug 105593).
set(SINTER_FLAGS_x86_avx512
    -mavx2 -mfma -mf16c -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni -mprefer-vector-width=512
    -Wno-uninitialized -Wno-maybe-uninitialized)
set(SINTER_FLAGS_x86_avx512vbmi ${SINTER_FLAGS_x86_avx512} -mavx512vbmi)
set(SINTER_FLAGS_x86_avx512bf16 ${SINTER_FLAGS_x86_avx512} -mavx512bf16)
# AMX's instructions are written in assembly (kernels/simd/amx.h): GCC's flags for it are not needed.
set(SINTER_FLAGS_x86_amx ${SINTER_FLAGS_x86_avx512})
set(SINTER_FLAGS_x86_amxbf16 ${SINTER_FLAGS_x86_avx512bf16})
set(SINTER_FLAGS_arm_neon -march=armv8-a)
set(SINTER_FLAGS_arm_dotprod -march=armv8.2-a+dotprod)

function(sinter_add_kernels target)
  foreach(file ${ARGN})
    get_filename_component(name ${file} NAME_WE)
    string(REGEX MATCH "^(x86|arm)_[a-z0-9]+" isa ${name})
    if(isa MATCHES "^x86" AND NOT SINTER_ARCH STREQUAL "x86_64")
      continue()
    endif()
    if(isa MATCHES "^arm" AND NOT SINTER_ARCH STREQUAL "arm64")
      continue()
    endif()
    if(isa)
      if(NOT DEFINED SINTER_FLAGS_${isa})
        message(FATAL_ERROR "${file}: no flags are known for ISA '${isa}' (cmake/isa_flags.cmake)")
      endif()
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "${SINTER_FLAGS_${isa}}")
    endif()
    target_sources(${target} PRIVATE ${file})
  endforeach()
  target_compile_definitions(${target} PUBLIC $<$<STREQUAL:${SINTER_ARCH},x86_64>:SINTER_X86_64=1>
                             $<$<STREQUAL:${SINTER_ARCH},arm64>:SINTER_ARM64=1>)
endfunction()
