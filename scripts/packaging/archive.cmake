# Read by CPack for each generator: `cpack -G TGZ` makes deepcache-gen-VERSION-SYSTEM-ARCHITECTURE.tar.gz, which holds what the
# Debian package depends on as well, but for glibc and libstdc++, and so runs from any folder of any newer system.
if(CPACK_GENERATOR STREQUAL "TGZ")
  set(CPACK_INSTALL_CMAKE_PROJECTS
    "${CPACK_BUILT_IN};deepcache-gen;program;/;${CPACK_BUILT_IN};deepcache-gen;system_libraries;/")
endif()
