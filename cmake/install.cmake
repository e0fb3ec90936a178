# What `cmake --install` puts into a prefix: the header, both libraries, sinter.pc and a CMake package. All of it may be
# moved as a whole. docs/c.md describes it.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(FILES include/sinter.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS sinter sinter_static EXPORT sinter-targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(SINTER_PACKAGE ${CMAKE_INSTALL_LIBDIR}/cmake/sinter)
install(EXPORT sinter-targets NAMESPACE sinter:: DESTINATION ${SINTER_PACKAGE})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/sinter-config.cmake.in
                              ${CMAKE_CURRENT_BINARY_DIR}/generated/sinter-config.cmake
                              INSTALL_DESTINATION ${SINTER_PACKAGE})
# Before 1.0 the interface may change with every minor version.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/generated/sinter-config-version.cmake
                                 VERSION ${SINTER_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/generated/sinter-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/generated/sinter-config-version.cmake
        DESTINATION ${SINTER_PACKAGE})

# From the folder of sinter.pc up to the prefix.
file(RELATIVE_PATH SINTER_PC_UP /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" SINTER_PC_UP ${SINTER_PC_UP})
configure_file(${CMAKE_CURRENT_LIST_DIR}/sinter.pc.in ${CMAKE_CURRENT_BINARY_DIR}/generated/sinter.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/generated/sinter.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
