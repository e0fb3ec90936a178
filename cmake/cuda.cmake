# The device library libsinter_cuda.so: its own catalogue over kernels_cuda*.inc, kernels by nvcc (called directly, so
# that any installation of it will do: a system's, or the one of Python's packages), the runtime linked statically.
#   cuda*.cu        compute capability 8.0, as machine code and PTX, and 9.0
#   cuda_sm90a*.cu  9.0 with its own instructions, nothing else
find_program(SINTER_NVCC nvcc HINTS $ENV{CUDA_HOME}/bin $ENV{CUDA_PATH}/bin /usr/local/cuda/bin)

function(sinter_add_cuda)
  get_filename_component(home ${SINTER_NVCC} DIRECTORY)
  get_filename_component(home ${home} DIRECTORY)
  find_library(SINTER_CUDART cudart_static HINTS ${home}/lib64 ${home}/lib ${home}/targets/x86_64-linux/lib
               NO_DEFAULT_PATH REQUIRED)
  find_path(SINTER_CUDA_INCLUDE cuda_runtime.h HINTS ${home}/include ${home}/targets/x86_64-linux/include
            NO_DEFAULT_PATH REQUIRED)
  message(STATUS "CUDA: ${SINTER_NVCC}, ${SINTER_CUDART}")

  file(GLOB lists CONFIGURE_DEPENDS src/kernels/*/kernels_cuda*.inc)
  set(all "")
  set(contracts "")
  foreach(list ${lists})
    file(RELATIVE_PATH relative ${CMAKE_CURRENT_SOURCE_DIR}/src ${list})
    string(APPEND all "#include \"${relative}\"\n")
    get_filename_component(folder ${list} DIRECTORY)
    list(APPEND contracts ${folder}/op.cc)
  endforeach()
  list(REMOVE_DUPLICATES contracts)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated_cuda)
  file(CONFIGURE OUTPUT ${generated}/all_kernels.inc CONTENT "${all}" @ONLY)

  set(common -std=c++17 -O3 -fmad=false --compress-mode=size -Xcompiler=-fPIC,-fvisibility=hidden,-Wall -I
             ${CMAKE_CURRENT_SOURCE_DIR}/include -I ${CMAKE_CURRENT_SOURCE_DIR}/src)
  file(GLOB kernels CONFIGURE_DEPENDS src/kernels/*/cuda*.cu src/cuda/*.cu)
  set(objects "")
  foreach(kernel ${kernels})
    get_filename_component(name ${kernel} NAME)
    if(name MATCHES "^cuda_sm90a")
      set(targets -gencode arch=compute_90a,code=sm_90a)
    else()
      set(targets -gencode arch=compute_80,code=[sm_80,compute_80] -gencode arch=compute_90,code=sm_90)
    endif()
    file(RELATIVE_PATH relative ${CMAKE_CURRENT_SOURCE_DIR}/src ${kernel})
    string(REPLACE "/" "_" object ${relative})
    set(object ${CMAKE_CURRENT_BINARY_DIR}/cuda/${object}.o)
    add_custom_command(
      OUTPUT ${object}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/cuda
      COMMAND ${SINTER_NVCC} ${common} ${targets} -MD -MF ${object}.d -MT ${object} -c ${kernel} -o ${object}
      DEPENDS ${kernel}
      DEPFILE ${object}.d
      COMMENT "nvcc ${relative}"
      VERBATIM)
    list(APPEND objects ${object})
  endforeach()

  # Objects of their own, so that a test of what runs on the host can have them too.
  file(GLOB hosts CONFIGURE_DEPENDS src/cuda/*.cc src/kernels/*/cuda*.cc)
  add_library(sinter_cuda_objects OBJECT ${hosts} ${contracts} src/core/catalogue.cc src/core/plan.cc
              src/core/weights.cc src/core/arena.cc src/core/status.cc)
  target_include_directories(sinter_cuda_objects PUBLIC ${generated} include src)
  target_include_directories(sinter_cuda_objects SYSTEM PUBLIC ${SINTER_CUDA_INCLUDE})
  target_compile_options(sinter_cuda_objects PUBLIC -Wall -Wextra -Werror -ffp-contract=off -fno-math-errno)
  add_custom_target(sinter_cuda_kernels DEPENDS ${objects})
  set(SINTER_CUDA_KERNELS ${objects} PARENT_SCOPE)
  target_link_libraries(sinter_cuda_objects INTERFACE ${SINTER_CUDART} Threads::Threads ${CMAKE_DL_LIBS} rt)

  add_library(sinter_cuda MODULE $<TARGET_OBJECTS:sinter_cuda_objects> ${objects})
  target_link_libraries(sinter_cuda PRIVATE ${SINTER_CUDART} Threads::Threads ${CMAKE_DL_LIBS} rt)
  target_link_options(sinter_cuda PRIVATE -static-libstdc++ -static-libgcc
    -Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/../cmake/cuda.map -Wl,-z,defs -Wl,--gc-sections)
  set_target_properties(sinter_cuda PROPERTIES LINKER_LANGUAGE CXX
                        LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/../cmake/cuda.map)

  # gemm's kernels beside the vendor's libraries, which are loaded by name where they are installed; built when asked for.
  set(bench ${CMAKE_CURRENT_SOURCE_DIR}/../benchmarks/cuda)
  set(bench_objects "")
  foreach(name gemm_bench gemm_check)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/cuda/${name}.cu.o)
    add_custom_command(
      OUTPUT ${object}
      COMMAND ${SINTER_NVCC} ${common} -gencode arch=compute_80,code=[sm_80,compute_80] -gencode
              arch=compute_90,code=sm_90 -MD -MF ${object}.d -MT ${object} -c ${bench}/${name}.cu -o ${object}
      DEPENDS ${bench}/${name}.cu
      DEPFILE ${object}.d
      COMMENT "nvcc ${name}.cu"
      VERBATIM)
    list(APPEND bench_objects ${object})
  endforeach()
  set(gemm_objects ${objects})
  list(FILTER gemm_objects INCLUDE REGEX "kernels_gemm_cuda[_.]")
  set_source_files_properties(${gemm_objects} PROPERTIES GENERATED TRUE EXTERNAL_OBJECT TRUE)
  add_executable(gemm_bench EXCLUDE_FROM_ALL ${bench}/peers.cc ${bench}/gemm_kernels.cc src/kernels/gemm/cuda_packing.cc src/kernels/gemm/op.cc
                            src/core/status.cc ${bench_objects} ${gemm_objects})
  add_dependencies(gemm_bench sinter_cuda_kernels)
  target_include_directories(gemm_bench PRIVATE include src)
  target_include_directories(gemm_bench SYSTEM PRIVATE ${SINTER_CUDA_INCLUDE})
  target_link_options(gemm_bench PRIVATE -static-libstdc++ -static-libgcc)
  target_link_libraries(gemm_bench PRIVATE ${SINTER_CUDART} Threads::Threads ${CMAKE_DL_LIBS} rt)
endfunction()
