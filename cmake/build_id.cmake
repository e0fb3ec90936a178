# The build id: the version and a hash of every native source file, so that a library and a jar that
# were not built together are noticed. Recomputed on every build (a script, a second or less).
set(SINTER_VERSION "0.1.0")

function(sinter_build_id target)
  add_custom_target(
    ${target}_build_id
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_CURRENT_SOURCE_DIR} -DVERSION=${SINTER_VERSION}
            -DMUTATION=${SINTER_MUTATION} -DOUTPUT=${CMAKE_CURRENT_BINARY_DIR}/generated -P
            ${CMAKE_CURRENT_SOURCE_DIR}/../cmake/write_build_id.cmake
    BYPRODUCTS ${CMAKE_CURRENT_BINARY_DIR}/generated/sinter_build_id.h
               ${CMAKE_CURRENT_BINARY_DIR}/generated/sinter_build_id.properties
    VERBATIM)
  add_dependencies(${target} ${target}_build_id)
endfunction()
